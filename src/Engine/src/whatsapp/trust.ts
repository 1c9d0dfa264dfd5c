import { Curve } from 'baileys'
import { verify } from 'curve25519-js'

/**
 * Makes the library check signatures: as shipped it takes every signature of 64 bytes for good, that of the server's
 * certificate and of the account at pairing included. The property is read at each call, so replacing it is enough.
 */
export function checkSignatures(): void {
  Curve.verify = (publicKey, message, signature) => {
    const key = publicKey.length === 33 ? publicKey.subarray(1) : publicKey
    try {
      return key.length === 32 && signature.length === 64 && verify(key, message, signature)
    } catch {
      return false
    }
  }
}
