import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { sign, verify } from 'curve25519-js'
import { isSignature, useFastCurves } from '#engine/whatsapp/curves.js'

interface KeyPair { pubKey: Buffer; privKey: Buffer }

interface Curves {
  generateKeyPair(): KeyPair
  calculateAgreement(publicKey: Buffer, privateKey: Buffer): Buffer
  calculateSignature(privateKey: Buffer, message: Buffer): Buffer
  verifySignature(publicKey: Buffer, message: Buffer, signature: Buffer, isFirst?: boolean): boolean
}

const require = createRequire(import.meta.resolve('baileys'))
const path = require.resolve('libsignal/src/curve.js')
const shipped = require(path) as Curves
assert.throws(() => useFastCurves(), /loaded already/, 'Baileys would keep what it has found before')
delete require.cache[path]

useFastCurves()
useFastCurves()
const signal = require(path) as Curves
const used: string[] = []
for (const name of ['calculateAgreement', 'calculateSignature', 'verifySignature'] as const) {
  const own = signal[name] as (...given: unknown[]) => unknown
  Object.assign(signal, { [name]: (...given: unknown[]) => { used.push(name); return own(...given) } })
}
const { Curve } = await import('baileys')
const { SenderKeyMessage } = await import('baileys/lib/Signal/Group/sender-key-message.js')

test('Two sides agree on the secret that the Signal library by itself finds, with keys that are said with their type and without', () => {
  for (let pair = 0; pair < 50; pair++) {
    const [one, other] = [signal.generateKeyPair(), signal.generateKeyPair()]
    const secret = shipped.calculateAgreement(one.pubKey, other.privKey)
    assert.deepEqual(signal.calculateAgreement(one.pubKey, other.privKey), secret)
    assert.deepEqual(signal.calculateAgreement(other.pubKey, one.privKey), secret)
    assert.deepEqual(Curve.sharedKey(one.privKey, other.pubKey.subarray(1)), secret)
  }
})

test('No secret is agreed on with a key of low order', () => {
  const { privKey } = signal.generateKeyPair()
  for (const key of [Buffer.alloc(33), Buffer.concat([Buffer.from([5]), Buffer.alloc(32)]), Buffer.concat([Buffer.from([5, 1]), Buffer.alloc(31)])]) {
    assert.throws(() => signal.calculateAgreement(key, privKey))
  }
})

test('Signatures are good where the Signal library takes them for good, and only there', () => {
  for (let round = 0; round < 20; round++) {
    const { pubKey, privKey } = signal.generateKeyPair()
    const message = randomBytes(1 + round * 40)
    const [ours, theirs] = [signal.calculateSignature(privKey, message), Buffer.from(sign(privKey, message, undefined))]
    assert.ok(verify(pubKey.subarray(1), message, ours))
    for (const signature of [ours, theirs]) {
      assert.equal(signature.length, 64)
      assert.equal(isSignature(pubKey, message, signature), true)
      assert.equal(isSignature(pubKey.subarray(1), message, signature), true)
      assert.equal(signal.verifySignature(pubKey, message, signature), true)
      assert.equal(isSignature(signal.generateKeyPair().pubKey, message, signature), false)
      assert.equal(isSignature(pubKey, Buffer.concat([message, Buffer.from([0])]), signature), false)
    }
  }
})

test('A signature with any one bit changed is none', () => {
  const { pubKey, privKey } = signal.generateKeyPair()
  const message = Buffer.from('message')
  const signature = signal.calculateSignature(privKey, message)
  for (let bit = 0; bit < 8 * signature.length; bit++) {
    const forged = Buffer.from(signature)
    forged[bit >> 3]! ^= 1 << (bit & 7)
    assert.equal(isSignature(pubKey, message, forged), false, `bit ${bit}`)
    assert.equal(signal.verifySignature(pubKey, message, forged), false, `bit ${bit}`)
  }
})

test('What is no key and no signature is none', () => {
  const { pubKey, privKey } = signal.generateKeyPair()
  const message = Buffer.from('message')
  const signature = signal.calculateSignature(privKey, message)
  assert.equal(isSignature(Buffer.alloc(0), message, signature), false)
  assert.equal(isSignature(Buffer.alloc(40), message, signature), false)
  assert.equal(isSignature(pubKey, message, Buffer.alloc(63)), false)
  assert.equal(isSignature(pubKey, message, Buffer.alloc(64)), false)
  assert.equal(isSignature(pubKey, message, Buffer.concat([signature, Buffer.alloc(1)])), false)
  for (const longer of [Buffer.concat([pubKey, Buffer.alloc(1)]), Buffer.concat([pubKey.subarray(1), Buffer.alloc(2)])]) {
    assert.equal(isSignature(longer, message, signature), false)
    assert.throws(() => signal.verifySignature(longer, message, signature), /Invalid public key/)
    assert.throws(() => signal.calculateAgreement(longer, privKey), /Invalid public key/)
  }
  assert.throws(() => signal.calculateAgreement(pubKey, Buffer.alloc(31)))
  assert.throws(() => signal.calculateSignature(Buffer.alloc(31), message))
})

test('The first signature of somebody else is left unchecked, as the Signal library has it, and must be one by its length', () => {
  const { pubKey } = signal.generateKeyPair()
  for (const curves of [shipped, signal]) {
    assert.equal(curves.verifySignature(pubKey, Buffer.from('message'), Buffer.alloc(64), true), true)
    assert.throws(() => curves.verifySignature(pubKey, Buffer.from('message'), Buffer.alloc(63), true), /Invalid signature/)
    assert.throws(() => curves.verifySignature(Buffer.alloc(40), Buffer.from('message'), Buffer.alloc(64), true), /Invalid public key/)
  }
})

test('Messages to groups are signed and checked so, too', () => {
  const { pubKey, privKey } = signal.generateKeyPair()
  const sent = new SenderKeyMessage(1, 2, randomBytes(32), privKey)
  assert.ok(verify(pubKey.subarray(1), Buffer.from(sent.serialize().subarray(0, -64)), Buffer.from(sent.serialize().subarray(-64))))

  const received = new SenderKeyMessage(null, null, null, null, sent.serialize())
  received.verifySignature(pubKey)
  assert.throws(() => received.verifySignature(signal.generateKeyPair().pubKey), /Invalid signature/)
})

test('It is these functions that Baileys uses', () => {
  const { pubKey, privKey } = signal.generateKeyPair()
  used.length = 0
  Curve.sharedKey(privKey, pubKey)
  const sent = new SenderKeyMessage(1, 2, randomBytes(32), privKey)
  sent.verifySignature(pubKey)
  Curve.sign(privKey, randomBytes(32))
  assert.deepEqual(used, ['calculateAgreement', 'calculateSignature', 'verifySignature', 'calculateSignature'])
})
