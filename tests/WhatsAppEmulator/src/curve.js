import { generateSignalPubKey } from 'baileys'
import libsignal from 'libsignal'

/** A real check of a signature: the one that baileys exports is true for any 64 bytes. */
export function verify(publicKey, message, signature) {
  try {
    return libsignal.curve.verifySignature(generateSignalPubKey(Buffer.from(publicKey)), message, Buffer.from(signature)) === true
  } catch {
    return false
  }
}
