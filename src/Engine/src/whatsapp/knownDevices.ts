import { type BinaryNode, type FullJid, getBinaryNodeChild, jidDecode, type PossiblyExtendedCacheStore } from 'baileys'
import type { Device } from '../credentials/device.js'
import { Bounded } from './bounded.js'
import { asListed, devicesIn, isThisOne, usersOf } from './names.js'

const freshMs = 5 * 60_000
const keptMs = 60 * 60_000
/** Of more people only the fresh ones stay known; whoever is forgotten is looked up again. */
const mostPeople = 5_000
const mostLeftOut = 10_000

interface Known {
  devices: FullJid[]
  /** When the network said so. */
  at: number
}

/**
 * Which devices people have, for one connection. The library looks here before it asks the network, and finds what has become old, too:
 * whoever sends has those asked for anew before (`Recipients`).
 */
export class KnownDevices implements Pick<PossiblyExtendedCacheStore, 'get' | 'set' | 'del' | 'flushAll'> {
  /** The devices that cannot be written to, under each of their addresses: somebody can be listed under the address of another one of theirs. */
  readonly #leftOut = new Bounded<true>(mostLeftOut)
  /** In the order in which they were put in: what the library asked by itself is old by then. */
  readonly #people = new Map<string, Known>()
  /** How many were forgotten by the time that a user was. */
  readonly #forgotten = new Bounded<number>(mostPeople)
  #forgets = 0

  constructor(private readonly device: Pick<Device, 'creds' | 'get'>, private readonly now: () => number = () => performance.now()) {}

  /** @param isReceiver Whether it is of no use to know that there are none. */
  isFresh(user: string, isReceiver = false): boolean {
    const known = this.#people.get(user)
    return known !== undefined && this.now() - known.at < freshMs && (!isReceiver || known.devices.length > 0)
  }

  /** Whether the network named a device of theirs, as far as is known. */
  isNamed(user: string): boolean {
    return (this.#people.get(user)?.devices.length ?? 0) > 0
  }

  /** For `renew`, to be taken before the network is asked. */
  get asOf(): number {
    return this.#forgets
  }

  /** Takes what the network says of a user. False when that was asked before the user was forgotten: it may be older than the change. */
  renew(user: string, devices: FullJid[], asOf = this.asOf): boolean {
    if ((this.#forgotten.get(user) ?? 0) > asOf) {
      return false
    }
    this.#put(user, devices, this.now())
    return true
  }

  /**
   * The network tells that somebody has a new device, or one less. The library changes the list by that, but only the one under the address
   * that it is told by, and a chat can go by the other.
   */
  changed(notice: BinaryNode): void {
    const { from, lid } = notice.attrs
    const told = new Set([from, lid, ...devicesIn(notice)])
    told.forEach((jid) => jid && this.forget(jid))
  }

  /** The network tells our own devices what concerns the account, and this way which devices there are now. */
  changedOurs(notice: BinaryNode): void {
    const { me } = this.device.creds
    if (getBinaryNodeChild(notice, 'devices')) {
      [me?.id, me?.lid].forEach((own) => own && this.forget(own))
    }
  }

  /** Has the devices of a person asked for anew, under whichever address. */
  forget(jid: string): void {
    this.#forgets++
    for (const user of usersOf(jid, this.device)) {
      this.#forgotten.set(user, this.#forgets)
      this.#people.delete(user)
    }
  }

  /** Leaves a device out of what the library sees, also of newer lists. */
  leaveOut(jid: string): void {
    this.#namesOf(jid).forEach((name) => this.#leftOut.set(name, true))
  }

  isLeftOut(jid: string): boolean {
    return this.#namesOf(jid).some((name) => this.#leftOut.get(name))
  }

  takeIn(jid: string): void {
    this.#namesOf(jid).forEach((name) => this.#leftOut.delete(name))
  }

  #namesOf(jid: string): string[] {
    return usersOf(jid, this.device).map((user) => nameOf(user, jidDecode(jid)?.device))
  }

  /** With those that are left out. */
  all(user: string): FullJid[] {
    return this.#people.get(user)?.devices ?? []
  }

  get<T>(user: string): T | undefined {
    return this.#people.get(user)?.devices.filter(({ user: theirs, device }) => !this.#leftOut.get(nameOf(theirs, device))) as T | undefined
  }

  // What the library is told of some devices of a user says nothing of the others, and what it asks may be answered before such a change: it
  // makes no list younger.
  set<T>(user: string, devices: T): void {
    const list = (devices as FullJid[]).filter((each) => !isThisOne(each, this.device)).map(asListed)
    const known = this.#people.get(user)
    if (known) {
      known.devices = list
    } else {
      this.#put(user, list, this.now() - freshMs)
    }
  }

  del(user: string): void {
    this.#people.delete(user)
  }

  flushAll(): void {
    this.#people.clear()
  }

  #put(user: string, devices: FullJid[], at: number): void {
    this.#people.delete(user)
    this.#people.set(user, { devices, at })
    for (const [each, known] of this.#people) {
      const age = this.now() - known.at
      if (age < freshMs || (age < keptMs && this.#people.size <= mostPeople)) {
        break
      }
      this.#people.delete(each)
    }
  }
}

function nameOf(user: string, place = 0): string {
  return `${user}:${place}`
}
