import { createRequire } from 'node:module'

const { prototype } = createRequire(import.meta.url)('libsignal/src/session_cipher.js')
export const olds = new WeakSet()
const decrypt = prototype.doDecryptWhisperMessage

/**
 * A real phone keeps a session as it was when a message turns out not to be of it. The library that the phones here read with steps it on
 * before it knows, and stores that with the session that was the right one.
 */
prototype.doDecryptWhisperMessage = async function (message, session) {
  const before = session && { currentRatchet: session.currentRatchet, chains: session._chains }
  if (session) {
    session.currentRatchet = { ...session.currentRatchet }
    session._chains = copied(session._chains)
  }
  try {
    return await decrypt.call(this, message, session)
  } catch (error) {
    if (error.name === 'MessageCounterError') olds.add(this)
    if (session) {
      session.currentRatchet = before.currentRatchet
      session._chains = before.chains
    }
    throw error
  }
}

function copied(chains) {
  const copies = {}
  for (const [key, { chainKey, messageKeys, chainType }] of Object.entries(chains)) {
    copies[key] = { chainType, chainKey: { ...chainKey }, messageKeys: { ...messageKeys } }
  }
  return copies
}
