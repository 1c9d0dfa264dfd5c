import { Curve } from 'baileys'
import { isSignature } from './curves.js'

/**
 * Makes the library check signatures: as shipped it takes every signature of 64 bytes for good, that of the server's
 * certificate and of the account at pairing included. The property is read at each call, so replacing it is enough.
 */
export function checkSignatures(): void {
  Curve.verify = isSignature
}
