import { createHash, randomBytes } from 'node:crypto'

/** Everything the server and the phones make up: ids, refs, codes. With a seed the same run makes up the same. */
export class Ids {
  #seed
  #count = 0

  constructor(seed) {
    this.#seed = seed
  }

  bytes(length) {
    if (this.#seed === undefined) return randomBytes(length)
    return createHash('sha512').update(`${this.#seed}:${this.#count++}`).digest().subarray(0, length)
  }

  /** How many it has made up: with the same seed, the next ones follow these. */
  save = () => this.#count

  restore(count) {
    this.#count = count
  }

  text = length => this.bytes(Math.ceil(length / 2)).toString('hex').toUpperCase().slice(0, length)
  message = () => `3A${this.text(18)}`
  stanza = () => this.text(16)
  ref = () => `2@${this.bytes(48).toString('base64')}`
  lid = () => `${100_000_000_000_000 + this.bytes(6).readUIntBE(0, 6) % 800_000_000_000_000}`
  list = () => `${1_400_000_000 + this.bytes(4).readUInt32BE() % 300_000_000}@broadcast`
  group = () => `1203630${10_000_000_000 + this.bytes(5).readUIntBE(0, 5) % 80_000_000_000}`
}
