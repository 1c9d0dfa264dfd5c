import { AsyncLocalStorage } from 'node:async_hooks'
import type { BinaryNode, SignalAuthState, SignalKeyStoreWithTransaction, SignalRepositoryWithLIDStore } from 'baileys'
import type { Event } from '../rpc/contract.js'

/** What a stanza's plaintext means; must not throw. */
export type Read = (stanza: BinaryNode, plaintext: Uint8Array) => Event[]

/**
 * Keeps a decrypted message and the key changes of its decryption together. The library decrypts, commits the keys,
 * receipts, and only then reports the message; a message lost in between could never be read again. So the decryption
 * runs in an outer transaction of the key store, and the write at its end, which waits for storage, takes the message along.
 */
export class Journal {
  readonly #running = new AsyncLocalStorage<{ events: Event[] }>()
  readonly #stanzas = new WeakMap<Uint8Array, BinaryNode>()

  constructor(private readonly read: Read) {}

  /** Remembers a message stanza by its ciphertexts, which is all that the decryption sees of it. */
  saw(stanza: BinaryNode): void {
    if (Array.isArray(stanza.content)) {
      for (const { tag, content } of stanza.content) {
        if (tag === 'enc' && content instanceof Uint8Array) {
          this.#stanzas.set(content, stanza)
        }
      }
    }
  }

  /** The messages of the decryption that this write ends, once. */
  take(): Event[] {
    return this.#running.getStore()?.events.splice(0) ?? []
  }

  wrap(repository: SignalRepositoryWithLIDStore, auth: SignalAuthState, store: (events: Event[]) => Promise<void>): SignalRepositoryWithLIDStore {
    const keys = auth.keys as SignalKeyStoreWithTransaction
    const journaled = (ciphertext: Uint8Array, key: string, decrypt: () => Promise<Uint8Array>) => {
      const entry: { events: Event[] } = { events: [] }
      return this.#running.run(entry, async () => {
        const plaintext = await keys.transaction(async () => {
          const decrypted = await decrypt()
          const stanza = this.#stanzas.get(ciphertext)
          entry.events = stanza ? this.read(stanza, decrypted) : []
          return decrypted
        }, key)
        // A decryption that changed no key still must not be receipted before its message is stored.
        const left = entry.events.splice(0)
        if (left.length > 0) {
          await store(left)
        }
        return plaintext
      })
    }
    return {
      ...repository,
      decryptMessage: (options) =>
        journaled(options.ciphertext, options.jid, () => repository.decryptMessage(options)),
      decryptGroupMessage: (options) =>
        journaled(options.msg, options.group, () => repository.decryptGroupMessage(options)),
    }
  }
}
