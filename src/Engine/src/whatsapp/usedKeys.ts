import { createRequire } from 'node:module'

interface Cipher {
  doDecryptWhisperMessage(...given: unknown[]): Promise<unknown>
  decryptWithSessions(...given: unknown[]): Promise<unknown>
}

/** By ciphers, each of which is made for one message. */
const used = new WeakMap<Cipher, unknown>()
let isSaid = false

/**
 * Where the Signal library has several sessions to try, it says in the end that none fits, and not that the right one was there and
 * its key for this message is used. Then Baileys asks the sender once more for what was read. To be called after `separateQueues`.
 */
export function sayUsedKeys(): void {
  if (isSaid) {
    return
  }
  isSaid = true
  const { prototype } = createRequire(import.meta.resolve('baileys'))('libsignal/src/session_cipher.js') as { prototype: Cipher }
  const { doDecryptWhisperMessage: decrypt, decryptWithSessions: decryptWithAny } = prototype
  prototype.doDecryptWhisperMessage = async function (...given) {
    try {
      return await decrypt.apply(this, given)
    } catch (error) {
      if (wasReadBefore(error)) {
        used.set(this, error)
      }
      throw error
    }
  }
  prototype.decryptWithSessions = async function (...given) {
    try {
      return await decryptWithAny.apply(this, given)
    } catch (error) {
      throw used.get(this) ?? error
    }
  }
}

/** Whether a message to this device alone could not be decrypted because that was done before: its key is good for once. */
export function wasReadBefore(error: unknown): boolean {
  return (error as { name?: string } | undefined)?.name === 'MessageCounterError'
}
