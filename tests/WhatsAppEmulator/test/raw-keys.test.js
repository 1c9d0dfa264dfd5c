import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

const require = createRequire(import.meta.url)
const path = require.resolve('libsignal/src/curve.js')
const shipped = { ...require(path) }
await import('../src/raw-keys.js')
const raw = require(path)
const used = []
for (const name of ['generateKeyPair', 'calculateAgreement']) {
  const own = raw[name]
  raw[name] = (...given) => { used.push(name); return own(...given) }
}
const { Curve } = await import('baileys')

test('Raw keys give the secret that libsignal finds by itself', () => {
  for (let round = 0; round < 20; round++) {
    const [one, other, theirs] = [raw.generateKeyPair(), raw.generateKeyPair(), shipped.generateKeyPair()]
    assert.notDeepEqual(one.privKey, other.privKey)
    assert.equal(one.pubKey.length, 33)
    for (const peer of [other, theirs]) {
      const secret = shipped.calculateAgreement(one.pubKey, peer.privKey)
      assert.deepEqual(raw.calculateAgreement(one.pubKey, peer.privKey), secret)
      assert.deepEqual(raw.calculateAgreement(peer.pubKey, one.privKey), secret)
    }
  }
})

test('Baileys uses raw keys', () => {
  const theirs = raw.generateKeyPair()
  used.length = 0
  const ours = Curve.generateKeyPair()
  Curve.sharedKey(ours.private, theirs.pubKey)
  assert.deepEqual(used, ['generateKeyPair', 'calculateAgreement'])
})

test('What is no key is refused in the words of libsignal', () => {
  const { pubKey, privKey } = raw.generateKeyPair()
  for (const [publicKey, privateKey] of [[Buffer.alloc(40), privKey], [Buffer.concat([Buffer.from([6]), Buffer.alloc(32, 9)]), privKey], [pubKey, Buffer.alloc(31)], [undefined, privKey]]) {
    let words
    assert.throws(() => shipped.calculateAgreement(publicKey, privateKey), error => { words = error.message; return true })
    assert.throws(() => raw.calculateAgreement(publicKey, privateKey), { message: words })
  }
  assert.throws(() => raw.calculateAgreement(Buffer.concat([Buffer.from([5]), Buffer.alloc(32)]), privKey), 'a key of low order')
})
