import { createRequire } from 'node:module'
import { calculateAgreement, calculateSignature, verifySignature } from 'whatsapp-rust-bridge'

/** As the Signal library calls them; public keys begin with their type. */
interface Curves {
  calculateAgreement(publicKey: Uint8Array, privateKey: Uint8Array): Buffer
  calculateSignature(privateKey: Uint8Array, message: Uint8Array): Buffer
  /** @param isFirst As shipped: the signature of somebody else's prekey is not looked at. */
  verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array, isFirst?: boolean): boolean
}

const keyType = 5
const signatureLength = 64
let fast: Curves | undefined

/**
 * The Signal library signs and checks signatures in plain JavaScript, some 20 ms each on a slow machine: a connect takes two, a message to a group one at each end.
 * What Baileys brings along for other work takes a hundredth of that (docs/decisions/0020). To be called before anything loads either, since Baileys keeps what it finds.
 */
export function useFastCurves(): void {
  const require = createRequire(import.meta.resolve('baileys'))
  const path = require.resolve('libsignal/src/curve.js')
  const loaded = () => require.cache[path]?.exports as Curves | undefined
  if (fast && loaded() === fast) {
    return
  }
  if (loaded()) {
    throw new Error('The Signal library is loaded already.')
  }
  const curves = require(path) as Curves
  for (const name of ['calculateAgreement', 'calculateSignature', 'verifySignature'] as const) {
    if (typeof curves[name] !== 'function') {
      throw new Error(`The Signal library has no ${name}.`)
    }
  }
  curves.calculateAgreement = agree
  curves.calculateSignature = (privateKey, message) => Buffer.from(calculateSignature(privateKey, message))
  curves.verifySignature = check
  fast = curves
}

/** Whether this is the signature of that message by the holder of the key, which may begin with its type. Never fails. */
export function isSignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return check(publicKey, message, signature)
  } catch {
    return false
  }
}

function check(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array, isFirst?: boolean): boolean {
  const key = typed(publicKey)
  if (signature.length !== signatureLength) {
    throw new Error('Invalid signature')
  }
  return isFirst === true || verifySignature(key, message, signature)
}

function agree(publicKey: Uint8Array, privateKey: Uint8Array): Buffer {
  const secret = Buffer.from(calculateAgreement(typed(publicKey), privateKey))
  // A key of low order, with which everybody has the same secret.
  if (secret.every((byte) => byte === 0)) {
    throw new Error('Invalid public key')
  }
  return secret
}

/** One key has one form: what is longer is none. */
function typed(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length === 32) {
    return Buffer.concat([Buffer.from([keyType]), publicKey])
  }
  if (publicKey.length !== 33 || publicKey[0] !== keyType) {
    throw new Error('Invalid public key')
  }
  return publicKey
}
