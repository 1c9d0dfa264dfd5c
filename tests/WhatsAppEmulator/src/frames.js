const MAX_FRAME = 4 * 1024 * 1024
const EMPTY = Buffer.alloc(0)

/** Cuts what a socket delivers, in whatever pieces, into the intro and then frames with a three byte length. */
export class FrameReader {
  #buffer = EMPTY
  #intro

  /** Returns what became whole: `{ intro }` once, `{ frame }` for each frame. Throws on bytes that no client sends. */
  push(data) {
    this.#buffer = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data])
    const parts = []
    for (let part = this.#next(); part; part = this.#next()) parts.push(part)
    return parts
  }

  #next() {
    if (!this.#intro) return this.#readIntro()
    const frame = this.#take(0)
    return frame && { frame }
  }

  #readIntro() {
    if (this.#buffer.length < 4) return undefined
    if (this.#buffer.toString('latin1', 0, 2) === 'ED') {
      if (this.#take(4) === undefined) return undefined    // where an earlier connection was routed: of no use here
      return this.#next()
    }
    this.#intro = this.#buffer.subarray(0, 4)
    this.#buffer = this.#buffer.subarray(4)
    return { intro: this.#intro }
  }

  /** Takes `skip` bytes and the length-prefixed block that follows them. */
  #take(skip) {
    if (this.#buffer.length < skip + 3) return undefined
    const length = this.#buffer.readUIntBE(skip, 3)
    if (length > MAX_FRAME) throw new Error(`a frame of ${length} bytes`)
    const end = skip + 3 + length
    if (this.#buffer.length < end) return undefined
    const block = this.#buffer.subarray(skip + 3, end)
    this.#buffer = this.#buffer.subarray(end)
    return block
  }
}

export function frame(data) {
  const framed = Buffer.alloc(3 + data.length)
  framed.writeUIntBE(data.length, 0, 3)
  framed.set(data, 3)
  return framed
}
