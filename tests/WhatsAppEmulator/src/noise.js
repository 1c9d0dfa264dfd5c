import { aesDecryptGCM, aesEncryptGCM, Curve, hkdf, NOISE_MODE, proto, sha256 } from 'baileys'

const EMPTY = Buffer.alloc(0)

/** One direction of an established connection: its key and how many frames it has carried. */
class Cipher {
  #key
  #counter = 0

  constructor(key) {
    this.#key = key
  }

  encrypt(plain, associated = EMPTY) {
    return aesEncryptGCM(plain, this.#key, this.#nextIv(), associated)
  }

  decrypt(sealed, associated = EMPTY) {
    return aesDecryptGCM(sealed, this.#key, this.#nextIv(), associated)
  }

  #nextIv() {
    const iv = Buffer.alloc(12)
    iv.writeUInt32BE(this.#counter++, 8)
    return iv
  }
}

/** The server's side of Noise_XX_25519_AESGCM_SHA256, from the client's hello to the two keys of the connection. */
export class NoiseHandshake {
  #hash = Buffer.from(NOISE_MODE)
  #chainingKey = this.#hash
  #cipher
  #ephemeral = Curve.generateKeyPair()
  #static
  #certificate

  constructor({ staticKey, certificate, prologue }) {
    this.#static = staticKey
    this.#certificate = certificate
    this.#mixHash(prologue)
  }

  /** Answers the client's first message. */
  hello(clientHello) {
    this.#mixHash(clientHello.ephemeral)
    this.#mixHash(this.#ephemeral.public)
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, clientHello.ephemeral))
    const staticKey = this.#encrypt(this.#static.public)
    this.#mixKey(Curve.sharedKey(this.#static.private, clientHello.ephemeral))
    const payload = this.#encrypt(this.#certificate)
    return proto.HandshakeMessage.encode({ serverHello: { ephemeral: this.#ephemeral.public, static: staticKey, payload } }).finish()
  }

  /** Reads the client's second message: who it is, and what it wants. The keys are ready afterwards. */
  finish(clientFinish) {
    const noiseKey = this.#decrypt(clientFinish.static)
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, noiseKey))
    const payload = proto.ClientPayload.decode(this.#decrypt(clientFinish.payload))
    const [fromClient, toClient] = this.#derive(EMPTY)
    return { noiseKey, payload, fromClient: new Cipher(fromClient), toClient: new Cipher(toClient) }
  }

  #mixHash(data) {
    this.#hash = sha256(Buffer.concat([this.#hash, data]))
  }

  #mixKey(secret) {
    const [chainingKey, key] = this.#derive(secret)
    this.#chainingKey = chainingKey
    this.#cipher = new Cipher(key)
  }

  #derive(secret) {
    const both = Buffer.from(hkdf(secret, 64, { salt: this.#chainingKey, info: '' }))
    return [both.subarray(0, 32), both.subarray(32)]
  }

  #encrypt(plain) {
    const sealed = this.#cipher.encrypt(plain, this.#hash)
    this.#mixHash(sealed)
    return sealed
  }

  #decrypt(sealed) {
    const plain = this.#cipher.decrypt(sealed, this.#hash)
    this.#mixHash(sealed)
    return plain
  }
}
