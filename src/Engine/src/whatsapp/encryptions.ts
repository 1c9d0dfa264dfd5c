import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalRepositoryWithLIDStore } from 'baileys'

/** For which devices a message was encrypted, and with which of them that failed. */
export interface Encrypted {
  for: string[]
  notFor: string[]
}

/** Notes for whom a message is encrypted. The library leaves out a device with which that fails, and sends the rest as if that were all. */
export class Encryptions {
  readonly #running = new AsyncLocalStorage<Encrypted>()

  /** @param failed Called for each device with which it failed. */
  constructor(private readonly failed: (device: string) => void) {}

  /** Sends a message. What is noted of it is complete when the library is about to write it. */
  of<R>(send: (encrypted: Encrypted) => Promise<R>): Promise<R> {
    const encrypted: Encrypted = { for: [], notFor: [] }
    return this.#running.run(encrypted, () => send(encrypted))
  }

  wrap(repository: SignalRepositoryWithLIDStore): SignalRepositoryWithLIDStore {
    return {
      ...repository,
      encryptMessage: async (options) => {
        const encrypted = this.#running.getStore()
        try {
          const sealed = await repository.encryptMessage(options)
          encrypted?.for.push(options.jid)
          return sealed
        } catch (error) {
          encrypted?.notFor.push(options.jid)
          this.failed(options.jid)
          throw error
        }
      },
    }
  }
}
