import type { SignalRepositoryWithLIDStore } from 'baileys'

/**
 * Spreads the arithmetic of all numbers of this process over the turns of the event loop: each piece takes 5 to 50 ms, and
 * two hundred that begin in one turn would let nothing else happen for seconds, heartbeats included.
 */
class Turns {
  readonly #waiting: (() => void)[] = []

  /** Resolves in a turn of its own, first come, first served. */
  take(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) {
        this.#next()
      }
    })
  }

  #next(): void {
    setImmediate(() => {
      this.#waiting.shift()?.()
      if (this.#waiting.length > 0) {
        this.#next()
      }
    })
  }
}

const turns = new Turns()

/** The same repository, whose work is begun a piece a turn, whichever number it is for. */
export function inTurns(repository: SignalRepositoryWithLIDStore): SignalRepositoryWithLIDStore {
  const inTurn = <A, R>(work: (argument: A) => Promise<R>) => async (argument: A): Promise<R> => {
    await turns.take()
    return await work(argument)
  }
  return {
    ...repository,
    encryptMessage: inTurn((options) => repository.encryptMessage(options)),
    decryptMessage: inTurn((options) => repository.decryptMessage(options)),
    encryptGroupMessage: inTurn((options) => repository.encryptGroupMessage(options)),
    decryptGroupMessage: inTurn((options) => repository.decryptGroupMessage(options)),
    injectE2ESession: inTurn((options) => repository.injectE2ESession(options)),
  }
}
