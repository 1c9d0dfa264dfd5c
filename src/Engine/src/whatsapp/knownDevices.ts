import type { FullJid, PossiblyExtendedCacheStore } from 'baileys'

const freshMs = 5 * 60_000
/** Of some thousands of people all devices stay known; whoever is forgotten is looked up again. */
const mostPeople = 5_000

interface Known {
  devices: FullJid[]
  at: number
}

/**
 * Which devices people have, for one connection. The library looks here before it asks the network, and changes it by what the network tells
 * of new and removed ones. It finds what has become old, too: whoever sends asks anew before.
 */
export class KnownDevices implements Pick<PossiblyExtendedCacheStore, 'get' | 'set' | 'del' | 'flushAll'> {
  readonly #people = new Map<string, Known>()

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The devices of a user, if they are known since a short time. */
  fresh(user: string): FullJid[] | undefined {
    const known = this.#people.get(user)
    return known && this.now() - known.at < freshMs ? known.devices : undefined
  }

  get<T>(user: string): T | undefined {
    return this.#people.get(user)?.devices as T | undefined
  }

  set<T>(user: string, devices: T): void {
    this.#people.delete(user)
    this.#people.set(user, { devices: devices as FullJid[], at: this.now() })
    const oldest = this.#people.keys().next()
    if (this.#people.size > mostPeople && !oldest.done) {
      this.#people.delete(oldest.value)
    }
  }

  del(user: string): void {
    this.#people.delete(user)
  }

  flushAll(): void {
    this.#people.clear()
  }
}
