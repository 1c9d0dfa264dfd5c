import type { BinaryNode } from 'baileys'
import { EngineError } from '../rpc/contract.js'

/** What the network answers about a group that is not there, or not for us: trying again would not change it. */
const noGroup = new Set([400, 401, 403, 404, 410])

/** An error of a question about a group, as the silo is to know it. */
export function asGroupRefusal(error: unknown): unknown {
  const code = (error as { data?: unknown } | undefined)?.data
  return typeof code === 'number' && noGroup.has(code)
    ? new EngineError('rejected', 'The number is not in this group, or there is no such group.', 'not_in_group')
    : error
}

/** Whether the network may answer another time what failed with this code: nobody answered, too much was asked, or it was out of order. */
export function mayPass(code: number): boolean {
  return code === 408 || code === 429 || code >= 500
}

/** Whether it will not, as of a device that is gone, has no keys to give, or has an address that is none. */
export function isRefusal(code: number): boolean {
  return code >= 400 && !mayPass(code)
}

/** With which code the network answered; NaN where it is none of its answers. */
export function codeOf(error: unknown): number {
  return Number((error as { data?: unknown } | undefined)?.data ?? NaN)
}

/**
 * Passes for the nodes that a message is to have besides its own, and has none. The library looks for them as the last thing
 * before it writes, with nothing awaited in between: until `ask` was called, and also when it throws, nothing was written.
 */
export function lastLook(ask: () => void): BinaryNode[] {
  return new Proxy<BinaryNode[]>([], {
    get(none, name, receiver) {
      if (name === 'length') {
        ask()
      }
      return Reflect.get(none, name, receiver) as unknown
    },
  })
}
