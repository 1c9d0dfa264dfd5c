import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalDataSet, SignalKeyStore, SignalRepositoryWithLIDStore } from 'baileys'

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

  /** The same keys. The library takes whoever is to get our key of a group for one that has it, also where it could not be encrypted for them. */
  watch(keys: Pick<SignalKeyStore, 'get' | 'set'>): SignalKeyStore {
    return {
      get: (type, ids) => keys.get(type, ids),
      set: (data) => keys.set(withoutHolders(data, this.#running.getStore()?.notFor ?? [])),
    }
  }

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

function withoutHolders(data: SignalDataSet, devices: string[]): SignalDataSet {
  const { 'sender-key-memory': memory } = data
  if (!memory || devices.length === 0) {
    return data
  }
  const without = (holders: Record<string, boolean>) => Object.fromEntries(Object.entries(holders).filter(([device]) => !devices.includes(device)))
  return { ...data, 'sender-key-memory': Object.fromEntries(Object.entries(memory).map(([group, holders]) => [group, holders && without(holders)])) }
}
