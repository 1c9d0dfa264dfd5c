export interface ReadingLimits {
  /** Of all files that are read at once, in bytes as they are served. One alone may be larger. */
  most: number
  /** Of all files that wait for these, in bytes. */
  mostWaiting: number
  /** How long one waits, in milliseconds. */
  waitMs: number
}

interface Waiting {
  bytes: number
  enter(): void
}

/**
 * One file of the largest kind, or several smaller ones: reading takes up to twenty times the size of a file (wholeFiles.ts) of the
 * memory that all numbers of a host share, and many numbers may be linked at once.
 */
const ofHost: ReadingLimits = { most: 16 * 1024 * 1024, mostWaiting: 128 * 1024 * 1024, waitMs: 40_000 }

/** Bounds how much of the history is read at once, in the order in which it came. */
export class Readings {
  readonly #waiting = new Set<Waiting>()
  #taken = 0
  #bytesWaiting = 0

  constructor(private readonly limits = ofHost) {}

  /**
   * Waits for its turn, and returns what has to be called when the file was read. Nothing when there was no room in time, for
   * what waits is in memory as well, or when it is over before.
   */
  enter(bytes: number, over: AbortSignal): Promise<(() => void) | undefined> {
    if (over.aborted || (this.#bytesWaiting > 0 && this.#bytesWaiting + bytes > this.limits.mostWaiting)) {
      return Promise.resolve(undefined)
    }
    return new Promise((resolve) => {
      const end = (turn?: () => void) => {
        clearTimeout(timer)
        over.removeEventListener('abort', leave)
        this.#waiting.delete(waiting)
        this.#bytesWaiting -= bytes
        resolve(turn)
      }
      const leave = () => {
        end()
        this.#admit()
      }
      const waiting = { bytes, enter: () => end(this.#hold(bytes)) }
      const timer = setTimeout(leave, this.limits.waitMs).unref()
      over.addEventListener('abort', leave)
      this.#waiting.add(waiting)
      this.#bytesWaiting += bytes
      this.#admit()
    })
  }

  #hold(bytes: number): () => void {
    this.#taken += bytes
    let isHeld = true
    return () => {
      if (isHeld) {
        isHeld = false
        this.#taken -= bytes
        this.#admit()
      }
    }
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
