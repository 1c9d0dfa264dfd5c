import type { FullJid, PossiblyExtendedCacheStore } from 'baileys'

const freshMs = 5 * 60_000
const keptMs = 60 * 60_000
/** Of more people only the fresh ones stay known; whoever is forgotten is looked up again. */
const mostPeople = 5_000

interface Known {
  devices: FullJid[]
  /** When the network said so. */
  at: number
}

/**
 * Which devices people have, for one connection. The library looks here before it asks the network, and changes it by what the network tells
 * of new and removed ones, which says nothing of the others: that makes no list younger. It finds what has become old, too: whoever
 * sends has those asked for anew before (`Recipients`).
 */
export class KnownDevices implements Pick<PossiblyExtendedCacheStore, 'get' | 'set' | 'del' | 'flushAll'> {
  /** In the order of their age. */
  readonly #people = new Map<string, Known>()

  constructor(private readonly now: () => number = () => performance.now()) {}

  isFresh(user: string): boolean {
    const known = this.#people.get(user)
    return known !== undefined && this.now() - known.at < freshMs
  }

  /** Takes what the network says of a user. */
  renew(user: string, devices: FullJid[]): void {
    this.#people.delete(user)
    this.#people.set(user, { devices, at: this.now() })
    for (const [each, { at }] of this.#people) {
      const age = this.now() - at
      if (age < freshMs || (age < keptMs && this.#people.size <= mostPeople)) {
        break
      }
      this.#people.delete(each)
    }
  }

  get<T>(user: string): T | undefined {
    return this.#people.get(user)?.devices as T | undefined
  }

  set<T>(user: string, devices: T): void {
    const known = this.#people.get(user)
    if (known) {
      known.devices = devices as FullJid[]
    } else {
      this.renew(user, devices as FullJid[])
    }
  }

  del(user: string): void {
    this.#people.delete(user)
  }

  flushAll(): void {
    this.#people.clear()
  }
}
