import {
  type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, isHostedLidUser, isHostedPnUser, isLidUser, jidDecode, jidEncode,
  parseAndInjectE2ESessions, S_WHATSAPP_NET, type WASocket,
} from 'baileys'
import type { Device } from '../credentials/device.js'
import type { Log } from '../log/log.js'
import { describeFault } from '../log/redact.js'
import { isMe } from '../messages/address.js'
import { Bounded } from './bounded.js'
import { devicesRemembered, type Memory } from './memory.js'
import { userOf, usersOf } from './names.js'
import { hasNoKeys } from './refusals.js'

/** Of how many devices the keys are asked for at once. */
const mostAtOnce = 50
/** How often more it asks to find out which of them the network refuses. */
const mostMore = 16
/** How long devices are left alone whose keys were not to be had: whoever writes to them would wait for those each time. */
const restMs = 60_000

/**
 * Begins a new session with each device once since the credentials came to this host. One of credentials that were restored from a backup
 * has used its next keys before, and a phone drops what comes under one that it knows.
 */
export class BegunSessions {
  /** Until when which devices are left alone. On the next connection there may be an answer. */
  readonly #resting = new Bounded<number>(devicesRemembered)

  constructor(
    private readonly socket: Pick<WASocket, 'query' | 'signalRepository'>,
    private readonly device: Pick<Device, 'creds' | 'get'>,
    private readonly memory: Pick<Memory, 'begunWith'>,
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Never fails: where none could be begun the message goes as before. There may be no other keys to be had.
   * @param until When nobody waits for it any more, by the clock. What is begun by then stays so.
   */
  async begin(devices: string[], until: number): Promise<void> {
    const wanted = new Set(devices.filter((device) => !this.#isBegun(device) && !this.#isResting(device)).flatMap((device) => this.#hidden(device) ?? []))
    const pieces = inPieces([...wanted])
    let left = pieces.length + mostMore
    for (let piece; this.now() < until && left > 0 && (piece = pieces.shift()); left--) {
      try {
        await this.#take(await this.#ask(piece))
        this.#rest(piece)
      } catch (error) {
        this.log('warning', 'no new sessions could be begun', undefined, describeFault(error))
        if (!hasNoKeys(error)) {
          // Who says nothing about these says nothing about the others either.
          this.#rest([...piece, ...pieces.flat()])
          return
        }
        if (piece.length > 1) {
          pieces.unshift(...inPieces(piece, Math.ceil(piece.length / 2)))
        } else {
          piece.forEach((device) => this.#mark(device))
        }
      }
    }
    if (left === 0) {
      this.#rest(pieces.flat())
    }
  }

  /** The network tells that somebody's phone has other keys now. While it tells what happened before, the library does nothing about it. */
  identityChanged({ attrs: { from, offline }, content }: BinaryNode): void {
    const { user, device } = jidDecode(from) ?? {}
    const { me } = this.device.creds
    const isOurs = isMe(from, { id: me?.id, lid: me?.lid })
    if (!from || !user || device || !offline || isOurs || !Array.isArray(content) || content.every(({ tag }) => tag !== 'identity')) {
      return
    }
    for (const name of this.#namesOf(from)) {
      this.memory.begunWith.delete(name)
      this.#resting.delete(name)
    }
  }

  #isBegun(device: string): boolean {
    const name = this.#namesOf(device).find((each) => this.memory.begunWith.get(each))
    if (name === undefined) {
      return false
    }
    // So that whoever is written to is the last to be forgotten.
    this.memory.begunWith.set(name, true)
    return true
  }

  #isResting(device: string): boolean {
    return this.#namesOf(device).some((name) => (this.#resting.get(name) ?? 0) > this.now())
  }

  /** A device under both of its addresses, as far as they are known. */
  #namesOf(device: string): string[] {
    return usersOf(device, this.device).map((user) => nameOf(device, user))
  }

  // The network has keys under this address only.
  #hidden(jid: string): string | undefined {
    if (isLidUser(jid) || isHostedLidUser(jid)) {
      return jid
    }
    const [, user] = usersOf(jid, this.device)
    return user && jidEncode(user, isHostedPnUser(jid) ? 'hosted.lid' : 'lid', jidDecode(jid)?.device)
  }

  // As the library asks. But when one device has no keys, that takes nothing of the answer for all the others.
  #ask(devices: string[]): Promise<BinaryNode> {
    const users = devices.map((jid) => ({ tag: 'user', attrs: { jid, reason: 'identity' } }))
    return this.socket.query({
      tag: 'iq', attrs: { xmlns: 'encrypt', type: 'get', to: S_WHATSAPP_NET }, content: [{ tag: 'key', attrs: {}, content: users }],
    }) as Promise<BinaryNode>
  }

  async #take(answer: BinaryNode): Promise<void> {
    const faults: unknown[] = []
    for (const user of getBinaryNodeChildren(getBinaryNodeChild(answer, 'list'), 'user')) {
      const device = user.attrs['jid'] ?? ''
      try {
        await parseAndInjectE2ESessions(alone(user), this.socket.signalRepository)
        this.#mark(device)
      } catch (error) {
        faults.push(error)
        const areNoGood = getBinaryNodeChild(user, 'error') === undefined
        if (areNoGood || hasNoKeys(error)) {
          this.#mark(device)
        }
      }
    }
    if (faults.length > 0) {
      this.log('warning', 'some new sessions could not be begun', undefined, { ...describeFault(faults[0]), devices: faults.length })
    }
  }

  #mark(device: string): void {
    this.memory.begunWith.set(nameOf(device), true)
  }

  #rest(devices: string[]): void {
    for (const device of devices.filter((each) => !this.#isBegun(each))) {
      this.#resting.set(nameOf(device), this.now() + restMs)
    }
  }
}

function nameOf(device: string, user = userOf(device)): string {
  return `${user}:${jidDecode(device)?.device ?? 0}`
}

function inPieces(devices: string[], size = mostAtOnce): string[][] {
  return Array.from({ length: Math.ceil(devices.length / size) }, (_, index) => devices.slice(index * size, (index + 1) * size))
}

/** An answer about one device alone. */
function alone(user: BinaryNode): BinaryNode {
  return { tag: 'iq', attrs: {}, content: [{ tag: 'list', attrs: {}, content: [user] }] }
}
