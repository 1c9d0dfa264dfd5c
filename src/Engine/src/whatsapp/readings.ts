export interface ReadingLimits {
  /** Of all files that are read at once, in bytes as they are served. One alone may be larger. */
  most: number
  /** How long one waits for the others, in milliseconds. After that it is read all the same. */
  waitMs: number
  /** How long one counts, in milliseconds, when nobody says that it was read. */
  heldMs: number
}

interface Waiting {
  bytes: number
  enter(): void
}

/**
 * One file of the largest kind, or several smaller ones: reading takes up to twenty times the size of a file (wholeFiles.ts) of the
 * memory that all numbers of a host share, and many numbers may be linked at once.
 */
const ofHost: ReadingLimits = { most: 16 * 1024 * 1024, waitMs: 40_000, heldMs: 60_000 }

/** Bounds how much of the history is read at once, in the order in which it came. */
export class Readings {
  readonly #waiting = new Set<Waiting>()
  #taken = 0

  constructor(private readonly limits = ofHost) {}

  /** Waits for its turn, and returns what has to be called when the file was read. */
  enter(bytes: number): Promise<() => void> {
    return new Promise((resolve) => {
      const waiting = {
        bytes,
        enter: () => {
          clearTimeout(timer)
          this.#waiting.delete(waiting)
          resolve(this.#hold(bytes))
        },
      }
      const timer = setTimeout(waiting.enter, this.limits.waitMs).unref()
      this.#waiting.add(waiting)
      this.#admit()
    })
  }

  #hold(bytes: number): () => void {
    this.#taken += bytes
    let leave = () => {
      leave = () => undefined
      clearTimeout(timer)
      this.#taken -= bytes
      this.#admit()
    }
    const timer = setTimeout(() => leave(), this.limits.heldMs).unref()
    return () => leave()
  }

  #admit(): void {
    for (const { bytes, enter } of this.#waiting) {
      if (this.#taken > 0 && this.#taken + bytes > this.limits.most) {
        return
      }
      enter()
    }
  }
}
