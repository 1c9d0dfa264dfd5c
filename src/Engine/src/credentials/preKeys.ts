const keyBytes = 32
const pairBytes = 2 * keyBytes

/**
 * The one-time prekeys of a device: about 800 that are hardly ever read. As objects they are most of what an idle number
 * costs, so they lie in one buffer, ordered by id.
 */
export class PreKeys {
  #ids = new Uint32Array(0)
  #pairs = Buffer.alloc(0)

  get size(): number {
    return this.#ids.length
  }

  get(id: number): { private: Buffer; public: Buffer } | undefined {
    const index = this.#find(id)
    if (this.#ids[index] !== id) {
      return undefined
    }
    const pair = Buffer.from(this.#pairs.subarray(index * pairBytes, (index + 1) * pairBytes))
    return { private: pair.subarray(0, keyBytes), public: pair.subarray(keyBytes) }
  }

  /** Sets and deletes many at once. */
  change(changes: Iterable<[number, Uint8Array | null]>): void {
    const merged = new Map<number, Uint8Array | null>()
    this.#ids.forEach((id, index) => merged.set(id, this.#pairs.subarray(index * pairBytes, (index + 1) * pairBytes)))
    for (const [id, pair] of changes) {
      merged.set(id, pair)
    }
    const kept = [...merged].filter((each): each is [number, Uint8Array] => each[1] !== null).sort(([a], [b]) => a - b)
    const pairs = Buffer.alloc(kept.length * pairBytes)
    kept.forEach(([, pair], index) => pairs.set(pair, index * pairBytes))
    this.#ids = Uint32Array.from(kept, ([id]) => id)
    this.#pairs = pairs
  }

  static pack(pair: { private: Uint8Array; public: Uint8Array }): Buffer {
    if (pair.private.length !== keyBytes || pair.public.length !== keyBytes) {
      throw new Error('A prekey has two halves of 32 bytes.')
    }
    return Buffer.concat([pair.private, pair.public])
  }

  #find(id: number): number {
    let low = 0
    let high = this.#ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ids[middle] ?? 0) < id) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}
