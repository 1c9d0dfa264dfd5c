import {
  type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, isHostedLidUser, isHostedPnUser, isLidUser, jidDecode, jidEncode,
  parseAndInjectE2ESessions, S_WHATSAPP_NET, type WASocket,
} from 'baileys'
import type { Device } from '../credentials/device.js'
import type { Log } from '../log/log.js'
import { describeFault } from '../log/redact.js'
import { isMe } from '../messages/address.js'
import { within } from '../numbers/deadline.js'
import { Bounded } from './bounded.js'
import { devicesRemembered, type Memory } from './memory.js'
import { devicesIn, userOf, usersOf } from './names.js'
import { codeOf, isRefusal } from './refusals.js'

/** Of how many devices the keys are asked for at once. */
const mostAtOnce = 50
/** How often more it asks to find out which of them the network refuses. */
const mostMore = 16
/** How long devices are left alone whose keys were not to be had: whoever writes to them would wait for those each time. */
const restMs = 60_000

/** What came of a question. */
interface Taken {
  /** What the network said of some of the devices, as far as that may pass. */
  passing: unknown
  /** Those that are to be asked for once more. */
  again: string[]
}

/**
 * Begins a new session with each device once since the credentials came to this host. One of credentials that were restored from a backup
 * has used its next keys before, and a phone drops what comes under one that it knows.
 */
export class BegunSessions {
  /** Until when which devices are left alone. On the next connection there may be an answer. */
  readonly #resting = new Bounded<number>(devicesRemembered)
  /** Of which the network has no keys to give, until it lists them anew. */
  readonly #refused = new Bounded<true>(devicesRemembered)
  /** Of which the network could say nothing the last time, though it spoke of others. */
  readonly #doubtful = new Bounded<true>(devicesRemembered)
  /** Whose keys are being asked for, each until that is over. */
  readonly #asking = new Map<string, Promise<void>>()
  /** How often the network had told of a change by the time that it did of a device. */
  readonly #changed = new Bounded<number>(devicesRemembered)
  #changes = 0
  /** With which the session there is cannot be used. */
  readonly #broken = new Bounded<true>(devicesRemembered)

  constructor(
    private readonly socket: Pick<WASocket, 'query' | 'signalRepository'>,
    private readonly device: Pick<Device, 'creds' | 'get'>,
    private readonly memory: Pick<Memory, 'begunWith'>,
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Where no new session can be begun the message goes with the one that there is. Fails where there is none, unless there are no keys for one.
   * @param until When nobody waits for it any more, by the clock. What is begun by then stays so.
   * @returns The devices that cannot be written to: there is no session, and the network has no keys to give.
   */
  async begin(devices: string[], until: number): Promise<string[]> {
    const without = await this.#withoutSession(devices)
    // It has to be begun, whenever that was tried before.
    without.forEach((device) => this.#forget(device))
    const others: Promise<void>[] = []
    const fault = await this.#beginWith(devices, until, others)
    if (others.length > 0 && await this.#waited(others, until)) {
      // What they asked in vain it asks for itself.
      return await this.begin(devices, until)
    }
    const left = await this.#withoutSession(without)
    const unreachable = left.filter((device) => !this.mayBegin(device))
    if (left.length > unreachable.length) {
      throw fault ?? Object.assign(new Error('There was no time to begin a session with each device.'), { data: 408 })
    }
    return unreachable
  }

  /** Nothing can be encrypted with the session that there is with a device: a new one has to be begun. */
  failed(device: string): void {
    this.#namesOf(device).forEach((name) => this.#broken.set(name, true))
  }

  /** Whether the network has no keys to give of this device. */
  isRefused(device: string): boolean {
    return this.#namesOf(device).some((name) => this.#refused.get(name))
  }

  /** Whether the network may have keys of this device: it did not refuse them since it was listed, and has them under an address that is known. */
  mayBegin(device: string): boolean {
    return !this.isRefused(device) && this.#hidden(device) !== undefined
  }

  /** The network has just listed these devices: it may have keys now of those that it refused. */
  listed(devices: string[]): void {
    devices.flatMap((device) => this.#namesOf(device)).forEach((name) => this.#refused.delete(name))
  }

  /** The network tells that these devices are new or gone. One that is new can have the place of one that was there before. */
  changed(notice: BinaryNode): void {
    devicesIn(notice).forEach((device) => this.#change(device))
  }

  /**
   * The network tells that somebody's phone has other keys now. While it tells what happened before, the library does nothing about it; later
   * it asks for them once, and where that fails it says so and goes on with the old ones.
   */
  identityChanged({ attrs: { from }, content }: BinaryNode): void {
    const { user, device } = jidDecode(from) ?? {}
    const { me } = this.device.creds
    const isOurs = isMe(from, { id: me?.id, lid: me?.lid })
    if (!from || !user || device || isOurs || !Array.isArray(content) || content.every(({ tag }) => tag !== 'identity')) {
      return
    }
    this.#change(from)
  }

  async #withoutSession(devices: string[]): Promise<string[]> {
    const without: string[] = []
    for (const device of devices) {
      if (this.#namesOf(device).some((name) => this.#broken.get(name)) || !(await this.socket.signalRepository.validateSession(device)).exists) {
        without.push(device)
      }
    }
    return without
  }

  /**
   * Tells what kept it from some of the devices, as far as that may pass.
   * @param others Is told of whatever somebody else asks for meanwhile.
   */
  async #beginWith(devices: string[], until: number, others: Promise<void>[]): Promise<unknown> {
    const wanted = devices.filter((device) => this.#isWanted(device)).flatMap((device) => this.#hidden(device) ?? [])
    const pieces = inPieces([...new Set(wanted)])
    let left = pieces.length + mostMore
    let fault: unknown
    for (let piece; this.now() < until && left > 0 && (piece = pieces.shift()); left--) {
      others.push(...piece.flatMap((device) => this.#asking.get(nameOf(device)) ?? []))
      piece = piece.filter((device) => this.#isWanted(device) && !this.#asking.has(nameOf(device)))
      if (piece.length === 0) {
        continue
      }
      try {
        const { passing, again } = await this.#askAlone(piece)
        fault = passing ?? fault
        pieces.push(...inPieces(again))
        this.#rest(piece.filter((device) => !again.includes(device)))
      } catch (error) {
        this.log('warning', 'no new sessions could be begun', undefined, describeFault(error))
        if (!isRefusal(codeOf(error)) && !(await this.#isAbout(piece, error))) {
          // Who says nothing about these says nothing about the others either.
          this.#rest([...piece, ...pieces.flat()])
          return error
        }
        if (piece.length > 1) {
          pieces.unshift(...inPieces(piece, Math.ceil(piece.length / 2)))
        } else {
          piece.forEach((device) => this.#refused.set(nameOf(device), true))
        }
      }
    }
    const rest = pieces.flat()
    if (rest.length > 0) {
      this.log('warning', 'new sessions could not be begun with all devices', undefined, { devices: rest.length })
    }
    if (left === 0) {
      this.#rest(rest)
    }
    return fault
  }

  /** Whether a fault that may pass is one of these devices: it came twice, while the network answers something else about keys. */
  async #isAbout(devices: string[], error: unknown): Promise<boolean> {
    if (!(codeOf(error) >= 500)) {
      return false
    }
    const wasThere = devices.every((device) => this.#doubtful.get(nameOf(device)))
    devices.forEach((device) => this.#doubtful.set(nameOf(device), true))
    return wasThere && await this.#askKeys({ tag: 'count', attrs: {} }).then(() => true, () => false)
  }

  /** Asks for the keys of devices that nobody else asks for, and takes what comes. */
  async #askAlone(devices: string[]): Promise<Taken> {
    let end: () => void = () => undefined
    const over = new Promise<void>((resolve) => {
      end = resolve
    })
    devices.forEach((device) => this.#asking.set(nameOf(device), over))
    try {
      const asOf = this.#changes
      return await this.#take(devices, await this.#ask(devices), asOf)
    } finally {
      devices.forEach((device) => this.#asking.delete(nameOf(device)))
      end()
    }
  }

  async #waited(others: Promise<void>[], until: number): Promise<boolean> {
    return this.now() < until && await within(until - this.now(), Promise.all(others))
  }

  #isWanted(device: string): boolean {
    return !this.#isBegun(device) && !this.#isResting(device) && !this.isRefused(device)
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

  #forget(device: string): void {
    for (const name of this.#namesOf(device)) {
      this.memory.begunWith.delete(name)
      this.#resting.delete(name)
    }
  }

  #change(device: string): void {
    this.#changes++
    this.#namesOf(device).forEach((name) => this.#changed.set(name, this.#changes))
    this.#forget(device)
  }

  #hasChanged(device: string, asOf: number): boolean {
    return this.#namesOf(device).some((name) => (this.#changed.get(name) ?? 0) > asOf)
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
    return this.#askKeys({ tag: 'key', attrs: {}, content: users })
  }

  #askKeys(what: BinaryNode): Promise<BinaryNode> {
    return this.socket.query({ tag: 'iq', attrs: { xmlns: 'encrypt', type: 'get', to: S_WHATSAPP_NET }, content: [what] }) as Promise<BinaryNode>
  }

  /** @param asOf Which changes were told of when it was asked: of what changed since the keys may be old ones. */
  async #take(devices: string[], answer: BinaryNode, asOf: number): Promise<Taken> {
    const users = getBinaryNodeChildren(getBinaryNodeChild(answer, 'list'), 'user')
    const answers = new Map(users.flatMap((user) => this.#namesOf(user.attrs['jid'] ?? '').map((name) => [name, user])))
    if (devices.every((device) => !answers.has(nameOf(device)))) {
      throw Object.assign(new Error('The network says nothing of the keys that it was asked for.'), { data: 500 })
    }
    const faults: unknown[] = []
    const again: string[] = []
    let passing: unknown
    for (const device of devices) {
      const user = answers.get(nameOf(device))
      if (this.#hasChanged(device, asOf)) {
        again.push(device)
        continue
      }
      if (!user && !this.#doubtful.get(nameOf(device))) {
        this.#doubtful.set(nameOf(device), true)
        again.push(device)
        continue
      }
      try {
        await this.#beginFrom(user)
        if (this.#hasChanged(device, asOf)) {
          again.push(device)
          continue
        }
        this.#doubtful.delete(nameOf(device))
        this.#namesOf(device).forEach((name) => this.#broken.delete(name))
        this.memory.begunWith.set(nameOf(device), true)
      } catch (error) {
        faults.push(error)
        const areBad = user !== undefined && getBinaryNodeChild(user, 'error') === undefined
        if (areBad && (await this.#withoutSession([device])).length === 0) {
          // Each try would take one more of the keys that the device has in store.
          this.memory.begunWith.set(nameOf(device), true)
        } else if (areBad || user === undefined || isRefusal(codeOf(error)) || this.#doubtful.get(nameOf(device))) {
          this.#refused.set(nameOf(device), true)
        } else {
          this.#doubtful.set(nameOf(device), true)
          passing ??= error
        }
      }
    }
    if (faults.length > 0) {
      this.log('warning', 'some new sessions could not be begun', undefined, { ...describeFault(faults[0]), devices: faults.length })
    }
    return { passing, again }
  }

  async #beginFrom(user: BinaryNode | undefined): Promise<void> {
    if (!user) {
      throw new Error('The network says nothing of the keys of a device.')
    }
    await parseAndInjectE2ESessions({ tag: 'iq', attrs: {}, content: [{ tag: 'list', attrs: {}, content: [user] }] }, this.socket.signalRepository)
  }

  #rest(devices: string[]): void {
    for (const device of devices.filter((each) => this.#isWanted(each))) {
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
