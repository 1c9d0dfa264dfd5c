import { type BinaryNode, type CacheStore, getBinaryNodeChild } from 'baileys'
import { Bounded } from './bounded.js'

const remembered = 5_000
const forgottenAfterMs = 60 * 60_000

interface Entry {
  /** What the library set; of our own messages, how often it did. */
  value: number
  isOurs: boolean
  at: number
}

/**
 * What the library counts of messages that could not be read: how often it asked a sender again, and how often it answered a
 * receiver of ours. It sets the second one twice for each answer, before it looks for the message and before it sends it, which
 * would halve the answers; so there each second time counts. Forgotten an hour after the last change.
 */
export class Retries implements CacheStore {
  readonly #entries = new Bounded<Entry>(remembered)

  /**
   * A receiver asks for a message of ours again: from now on its entry counts answers. Who asks says for the how manyth time, and gives
   * up by itself; that is all there is to know after a restart or at another host, and no more answers come of it than without.
   */
  asked(id: string, receiver: string, time = 1): void {
    const key = `${id}:${receiver}`
    const known = this.#known(key) ?? { value: 0, isOurs: true, at: performance.now() }
    const before = known.isOurs && Number.isSafeInteger(time) ? 2 * (time - 1) : 0
    this.#entries.set(key, { ...known, value: Math.max(known.value, before) })
  }

  receipt(receipt: BinaryNode): void {
    const { id, participant, from } = receipt.attrs
    this.asked(id ?? '', participant ?? from ?? '', Number(getBinaryNodeChild(receipt, 'retry')?.attrs['count'] ?? 1))
  }

  /** The library fails at an answer that it has counted: on the next connection that counts for nothing. */
  unfinished({ attrs: { id, participant, from } }: BinaryNode): void {
    const key = `${id}:${participant ?? from}`
    const known = this.#known(key)
    if (known?.isOurs && known.value > 0 && known.value % 2 === 0) {
      this.#entries.set(key, { ...known, value: known.value - 1 })
    }
  }

  /** A new connection: an answer that the last one did not finish counts for nothing. */
  begin(): void {
    for (const [key, entry] of this.#entries.all) {
      if (entry.isOurs && entry.value % 2 === 1) {
        this.#entries.set(key, { ...entry, value: entry.value - 1 })
      }
    }
  }

  get<T>(key: string): T | undefined {
    const entry = this.#known(key)
    return entry && ((entry.isOurs ? Math.floor(entry.value / 2) : entry.value) as T)
  }

  set<T>(key: string, value: T): void {
    const known = this.#known(key)
    const entry = known?.isOurs ? { value: known.value + 1, isOurs: true } : { value: Number(value), isOurs: false }
    this.#entries.set(key, { ...entry, at: performance.now() })
  }

  del(key: string): void {
    this.#entries.delete(key)
  }

  flushAll(): void {
    this.#entries.clear()
  }

  #known(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry && performance.now() - entry.at > forgottenAfterMs) {
      this.#entries.delete(key)
      return undefined
    }
    return entry
  }
}
