import { EngineError } from '../rpc/contract.js'

export interface SlotLimits {
  /** How many at once. */
  most: number
  /** Of these, how many of one number. */
  mostOfOne: number
  /** How long one may wait. */
  waitMs: number
}

interface Waiting {
  number: string
  enter(): void
}

/**
 * Bounds how much of one kind is done at once. Next comes the number that has the least under way, and of several the one that waits
 * longest: one with very much to do neither keeps the others out nor stands still.
 */
export class Slots {
  readonly #busy = new Map<string, number>()
  readonly #waiting = new Set<Waiting>()
  #taken = 0

  constructor(private readonly limits: SlotLimits) {}

  /** @param signal Whoever wants it done wants it no longer. */
  async run<R>(number: string, signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    await this.#enter(number, signal)
    try {
      return await work()
    } finally {
      this.#leave(number)
    }
  }

  #enter(number: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        done()
        reject(new EngineError('unavailable', 'Too much else was under way for too long.'))
      }
      const timer = setTimeout(giveUp, this.limits.waitMs).unref()
      const waiting = { number, enter: () => { done(); resolve() } }
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        this.#waiting.delete(waiting)
      }
      if (signal.aborted) {
        giveUp()
        return
      }
      signal.addEventListener('abort', giveUp)
      this.#waiting.add(waiting)
      this.#admit()
    })
  }

  #leave(number: string): void {
    const left = this.#of(number) - 1
    this.#taken--
    if (left > 0) {
      this.#busy.set(number, left)
    } else {
      this.#busy.delete(number)
    }
    this.#admit()
  }

  #admit(): void {
    let next: Waiting | undefined
    while (this.#taken < this.limits.most && (next = this.#next())) {
      this.#taken++
      this.#busy.set(next.number, this.#of(next.number) + 1)
      next.enter()
    }
  }

  #next(): Waiting | undefined {
    let next: Waiting | undefined
    for (const waiting of this.#waiting) {
      if (this.#of(waiting.number) < (next ? this.#of(next.number) : this.limits.mostOfOne)) {
        next = waiting
      }
    }
    return next
  }

  #of(number: string): number {
    return this.#busy.get(number) ?? 0
  }
}
