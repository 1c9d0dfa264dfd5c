import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalAuthState, SignalDataSet, SignalKeyStoreWithTransaction, SignalRepositoryWithLIDStore } from 'baileys'
import type { Device } from '../credentials/device.js'
import type { Entry } from '../rpc/contract.js'

/** Encryptions that run side by side, such as those of one message for several devices: their changes are stored together. */
class Batch {
  readonly changes = new Map<string, Entry>()
  running = 0
  stored!: (by: Promise<void>) => void
  readonly done = new Promise<void>((resolve) => {
    this.stored = resolve
  })
}

/**
 * Stores what encrypting changes in the keys before what was encrypted can leave. The library writes a message in the middle of a
 * transaction and stores the keys at its end: a process that is killed in between would encrypt the next message with the same
 * keys, and receivers drop, without a word, what comes with a key that they have used.
 */
export class KeysFirst {
  readonly #encrypting = new AsyncLocalStorage<Batch>()
  #batch = new Batch()

  constructor(private readonly device: Pick<Device, 'begin' | 'holds' | 'keep'>) {}

  /** The same keys, to be given to the repository that is wrapped. */
  watch({ creds, keys }: SignalAuthState): SignalAuthState {
    const { isInTransaction, set } = keys as SignalKeyStoreWithTransaction
    const watched = {
      ...keys,
      set: async (data: SignalDataSet) => {
        await set(data)
        const batch = this.#encrypting.getStore()
        if (batch && isInTransaction()) {
          for (const change of this.device.begin(stepsOf(data))) {
            batch.changes.set(change.name, change)
          }
        }
      },
    }
    return { creds, keys: watched }
  }

  wrap(repository: SignalRepositoryWithLIDStore): SignalRepositoryWithLIDStore {
    return {
      ...repository,
      encryptMessage: (options) => this.#first(() => repository.encryptMessage(options)),
      encryptGroupMessage: (options) => this.#first(() => repository.encryptGroupMessage(options)),
    }
  }

  async #first<R>(encrypt: () => Promise<R>): Promise<R> {
    const batch = this.#batch
    batch.running++
    try {
      return await this.#encrypting.run(batch, encrypt)
    } finally {
      batch.running--
      if (batch.running === 0) {
        this.#batch = new Batch()
        // What came after a change meanwhile is stored by then, or being stored, and has it in it.
        batch.stored(this.device.keep([...batch.changes.values()].filter((change) => this.device.holds(change))))
      }
      await batch.done
    }
  }
}

/** What encrypting steps on: sessions with devices, and our own keys of groups. */
function stepsOf(data: SignalDataSet): SignalDataSet {
  const { session, 'sender-key': senderKey } = data
  return { ...(session ? { session } : {}), ...(senderKey ? { 'sender-key': senderKey } : {}) }
}
