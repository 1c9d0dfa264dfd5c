import { EngineError } from '../rpc/contract.js'

/**
 * How long a connection lasts. A write of keys that is never stored never returns, and neither would a command that waits for it:
 * whoever waits hears that the connection is over.
 */
export class Lifetime {
  // Not one promise for all: it would keep whatever ever waited for it, as long as the connection lasts.
  readonly #waiting = new Set<(error: EngineError) => void>()
  #isOver = false

  get isOver(): boolean {
    return this.#isOver
  }

  /** Waits for work, but no longer than the connection lasts. Work that is late goes on alone. */
  async during<T>(work: Promise<T>): Promise<T> {
    if (this.#isOver) {
      work.catch(() => undefined)
      throw lost()
    }
    let give: (error: EngineError) => void = () => undefined
    const over = new Promise<never>((_, reject) => this.#waiting.add(give = reject))
    try {
      return await Promise.race([work, over])
    } finally {
      this.#waiting.delete(give)
    }
  }

  end(): void {
    this.#isOver = true
    for (const give of this.#waiting) {
      give(lost())
    }
  }
}

function lost(): EngineError {
  return new EngineError('notConnected', 'The connection was lost meanwhile.')
}
