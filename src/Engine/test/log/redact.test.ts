import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeFault, redact } from '#engine/log/redact.js'

test('A log keeps at most four digits of an address, and no key, text or name', () => {
  assert.equal(redact('sending to 4915112345678@s.whatsapp.net'), 'sending to …5678@s.whatsapp.net')
  assert.equal(redact('Unexpected token, "hello Ada" is not JSON'), 'Unexpected token, "…" is not JSON')
  assert.equal(redact('key aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ='), 'key …')
})

test('A fault is described by its kind, code and place, without folders', () => {
  const fault = Object.assign(new TypeError('no session for 4915112345678'), { output: { statusCode: 428 } })
  const described = describeFault(fault)
  assert.deepEqual([described['fault'], described['message'], described['status']], ['TypeError', 'no session for …5678', 428])
  assert.ok((described['at'] as string[]).every((frame) => !frame.includes('/')), String(described['at']))
})
