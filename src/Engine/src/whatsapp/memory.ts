import type { CacheStore, GroupMetadata } from 'baileys'

const retriesRemembered = 5_000
const groupsRemembered = 1_000
const groupFreshMs = 5 * 60_000

/** A map that forgets its oldest entries. */
class Bounded<T> {
  readonly #entries = new Map<string, T>()

  constructor(private readonly limit: number) {}

  get(key: string): T | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: T): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > this.limit && !oldest.done) {
      this.#entries.delete(oldest.value)
    }
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}

/** What a number remembers from one connection to the next: how often it answered a retry, and who is in its groups. */
export class Memory {
  readonly #retries = new Bounded<unknown>(retriesRemembered)
  readonly #groups = new Bounded<{ group: GroupMetadata; at: number }>(groupsRemembered)

  readonly retries: CacheStore = {
    get: <T>(key: string) => this.#retries.get(key) as T | undefined,
    set: (key, value) => this.#retries.set(key, value),
    del: (key) => this.#retries.delete(key),
    flushAll: () => this.#retries.clear(),
  }

  static of(shared: Map<string, unknown>): Memory {
    const known = shared.get('whatsapp') ?? new Memory()
    shared.set('whatsapp', known)
    return known as Memory
  }

  group(jid: string): GroupMetadata | undefined {
    const known = this.#groups.get(jid)
    return known && performance.now() - known.at < groupFreshMs ? known.group : undefined
  }

  keepGroup(group: GroupMetadata): void {
    this.#groups.set(group.id, { group, at: performance.now() })
  }

  forgetGroup(jid: string): void {
    this.#groups.delete(jid)
  }
}
