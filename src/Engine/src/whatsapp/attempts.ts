import { createRequire } from 'node:module'

interface Chain {
  chainKey: object
  messageKeys: object
}

/** As far as reading a message changes it. */
interface Session {
  currentRatchet: object
  _chains: Record<string, Chain>
}

interface Cipher {
  doDecryptWhisperMessage(message: Uint8Array, session: Session | undefined): Promise<unknown>
}

let isDone = false

/**
 * With one device there can be several sessions, as after both sides began one at once, and a message is tried with each until one fits. The
 * Signal library steps a session on before it knows whether the message is of it, and what the attempts did to the wrong ones is stored
 * together with the right one: those are broken then, and the next message of them cannot be read. So an attempt that fails leaves its session as it was.
 */
export function undoFailedAttempts(): void {
  if (isDone) {
    return
  }
  isDone = true
  const { prototype } = createRequire(import.meta.resolve('baileys'))('libsignal/src/session_cipher.js') as { prototype: Cipher }
  const { doDecryptWhisperMessage: decrypt } = prototype
  prototype.doDecryptWhisperMessage = async function (message, session) {
    if (!session) {
      return await decrypt.call(this, message, session)
    }
    const { currentRatchet, _chains } = session
    session.currentRatchet = { ...currentRatchet }
    session._chains = Object.fromEntries(Object.entries(_chains).map(([key, chain]) =>
      [key, { ...chain, chainKey: { ...chain.chainKey }, messageKeys: { ...chain.messageKeys } }]))
    try {
      return await decrypt.call(this, message, session)
    } catch (error) {
      Object.assign(session, { currentRatchet, _chains })
      throw error
    }
  }
}
