import { toTime } from '../messages/inbound.js'
import type { EventOf } from '../rpc/contract.js'
import { CodeRefused } from './pairingCode.js'
import { ProxyFault } from './proxy.js'

/** The fault of a connection that is answered by somebody else, such as a proxy or a gateway. */
export const notTheNetwork = 'What answers is not the network.'

/** What the system says when there is no way to a host: it does not know its name, or nobody is there. */
const unreachable = new Set<unknown>(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'ETIMEDOUT'])

type Closing = Pick<EventOf<'closed'>, 'code' | 'until' | 'cause'>

/**
 * Why the library ended a connection, as the silo is to know it. Pure but for the clock.
 * @param isDirect Whether it was being opened, and by no proxy.
 */
export function toClosing(error: unknown, isDirect: boolean): Closing {
  const { message, output, data } = (error ?? {}) as { message?: string; output?: { statusCode?: number }; data?: unknown }
  if (data instanceof ProxyFault) {
    return { code: 428, cause: data.why }
  }
  if (error instanceof CodeRefused) {
    return { code: 428, cause: 'code_refused' }
  }
  if (isDirect && unreachable.has((data as { code?: unknown } | undefined)?.code)) {
    return { code: 428, cause: 'whatsapp_unreachable' }
  }
  const code = message === notTheNetwork ? 503 : toCode(output?.statusCode ?? 428)
  const until = code === 402 ? untilOf((data as { expire?: string } | undefined)?.expire) : undefined
  return { code, ...(until ? { until } : {}) }
}

/** Whether it ended because nobody answered a ping. */
export function isPingLost(error: unknown): boolean {
  return (error as { message?: string } | undefined)?.message === 'Connection was lost'
}

/** What is no number is a failure like any other. */
export function toCode(code: unknown): number {
  const number = Number(code)
  return Number.isSafeInteger(number) && number === (number | 0) ? number : 500
}

/** The network says in how many seconds a restriction ends, or at which second. */
function untilOf(expire: string | undefined): string | undefined {
  const seconds = Number(expire)
  if (!expire || !Number.isFinite(seconds)) {
    return undefined
  }
  const until = toTime(seconds > 1e9 ? seconds : Date.now() / 1000 + seconds)
  return Date.parse(until) > 0 ? until : undefined
}
