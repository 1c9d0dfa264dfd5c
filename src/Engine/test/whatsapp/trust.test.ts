import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Curve } from 'baileys'
import { checkSignatures } from '#engine/whatsapp/trust.js'

test('A signature is taken only when it is one', () => {
  const { public: key, private: secret } = Curve.generateKeyPair()
  const message = Buffer.from('message')
  const signature = Curve.sign(secret, message)
  assert.equal(Curve.verify(key, message, Buffer.alloc(64)), true, 'the library takes any; when it stops to, this hardening can go')
  checkSignatures()
  assert.equal(Curve.verify(key, message, signature), true)
  assert.equal(Curve.verify(Buffer.concat([Buffer.from([5]), key]), message, signature), true)
  assert.equal(Curve.verify(key, Buffer.from('another'), signature), false)
  assert.equal(Curve.verify(key, message, Buffer.alloc(64)), false)
  assert.equal(Curve.verify(key, message, Buffer.alloc(10)), false)
})
