import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import { createRequire } from 'node:module'

// libsignal hands keys to OpenSSL in an envelope (DER), and takes them from it in one. Packing and unpacking takes several times as long as
// what is done with them, and was half of this server's work. Imported before anything that imports baileys, which keeps what it finds.
// The hosts that are tested agree by other means (WebAssembly), and have to find the same.
const curve = createRequire(import.meta.url)('libsignal/src/curve.js')
const shipped = curve.calculateAgreement
const KIND = { kty: 'OKP', crv: 'X25519' }
const KEY_TYPE = Buffer.from([5])

curve.generateKeyPair = () => {
  const { d, x } = generateKeyPairSync('x25519', { privateKeyEncoding: { format: 'jwk' }, publicKeyEncoding: { format: 'jwk' } }).privateKey
  return { privKey: Buffer.from(d, 'base64url'), pubKey: Buffer.concat([KEY_TYPE, Buffer.from(x, 'base64url')]) }
}

curve.calculateAgreement = (publicKey, privateKey) => {
  if (publicKey?.length !== 33 || publicKey[0] !== KEY_TYPE[0] || privateKey?.length !== 32) return shipped(publicKey, privateKey)    // which says what is wrong
  return diffieHellman({
    privateKey: createPrivateKey({ key: { ...KIND, d: privateKey.toString('base64url'), x: '' }, format: 'jwk' }),
    publicKey: createPublicKey({ key: { ...KIND, x: publicKey.subarray(1).toString('base64url') }, format: 'jwk' })
  })
}
