import { AsyncLocalStorage } from 'node:async_hooks'
import type { BinaryNode, SignalAuthState, SignalKeyStoreWithTransaction, SignalRepositoryWithLIDStore } from 'baileys'
import type { Event } from '../rpc/contract.js'
import { wasReadBefore } from './usedKeys.js'

/** What a stanza's plaintext means; must not throw. */
export type Read = (stanza: BinaryNode, plaintext: Uint8Array) => Event[]

/** What is to be told of a stanza that cannot be read; must not throw. */
export type Unread = (stanza: BinaryNode) => Event[]

/**
 * Keeps a decrypted message and the key changes of its decryption together. The library decrypts, commits the keys,
 * receipts, and only then reports the message; a message lost in between could never be read again. So the decryption
 * runs in an outer transaction of the key store, and the write at its end, which waits for storage, takes the message along.
 */
export class Journal {
  readonly #running = new AsyncLocalStorage<{ events: Event[] }>()
  readonly #stanzas = new WeakMap<Uint8Array, BinaryNode>()
  /** The last ciphertext of each stanza: one of a group may come after the key that reads it. */
  readonly #last = new WeakSet<Uint8Array>()
  readonly #known = new WeakSet<BinaryNode>()

  constructor(private readonly read: Read, private readonly unread: Unread) {}

  /** Remembers a message stanza by its ciphertexts, which is all that the decryption sees of it. */
  saw(stanza: BinaryNode): void {
    const ciphertexts = ciphertextsOf(stanza)
    ciphertexts.forEach((ciphertext) => this.#stanzas.set(ciphertext, stanza))
    ciphertexts.slice(-1).forEach((ciphertext) => this.#last.add(ciphertext))
  }

  /** Whether what the stanza says is told, or that it cannot be read: its last ciphertext came to be decrypted, or one had something to say. */
  knows(stanza: BinaryNode): boolean {
    return this.#known.has(stanza)
  }

  /** Whether this is done while a stanza is decrypted, which holds the keys of its sender alone. */
  get isReading(): boolean {
    return this.#running.getStore() !== undefined
  }

  /** The messages of the decryption that this write ends, once. */
  take(): Event[] {
    return this.#running.getStore()?.events.splice(0) ?? []
  }

  wrap(repository: SignalRepositoryWithLIDStore, auth: SignalAuthState, store: (events: Event[]) => Promise<void>): SignalRepositoryWithLIDStore {
    const keys = auth.keys as SignalKeyStoreWithTransaction
    const journaled = (ciphertext: Uint8Array, key: string, decrypt: () => Promise<Uint8Array>) => {
      const entry: { events: Event[] } = { events: [] }
      const stanza = this.#stanzas.get(ciphertext)
      if (stanza && this.#last.has(ciphertext)) {
        this.#known.add(stanza)
      }
      return this.#running.run(entry, async () => {
        const plaintext = await keys.transaction(async () => {
          const decrypted = await decrypt()
          entry.events = stanza ? this.read(stanza, decrypted) : []
          if (stanza && entry.events.length > 0) {
            this.#known.add(stanza)
          }
          return decrypted
        }, key).catch(async (error: unknown) => {
          // The network will be told that this one is through, whether the sender sends it once more or not. What was read before was
          // stored with the keys that read it, if it said anything.
          const left = stanza && this.#last.has(ciphertext) && !wasReadBefore(error) ? this.unread(stanza) : []
          if (left.length > 0) {
            await store(left)
          }
          throw error
        })
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

function ciphertextsOf({ content: parts }: BinaryNode): Uint8Array[] {
  return Array.isArray(parts)
    ? parts.flatMap(({ tag, content }) => (tag === 'enc' && content instanceof Uint8Array ? [content] : []))
    : []
}
