import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withEmulator } from '../testing/client.js'

test('a client shows a QR code, a phone scans it, and the client logs in', () => withEmulator(async (emulator, client) => {
  const phone = emulator.addPhone({ phone: '4915111111111', name: 'Anna' })
  const host = client()

  host.connect()
  const scanned = phone.scan(await host.qr())
  assert.equal(await host.closed(), 515)
  const device = await scanned
  assert.equal(host.creds.me.id, '4915111111111:1@s.whatsapp.net')
  assert.equal(host.creds.me.lid, `${phone.account.lid}:1@lid`)

  await host.open()
  await until('the first prekeys', () => device.preKeys.size > 800)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a login with keys the server does not know is refused with 401', () => withEmulator(async (emulator, client) => {
  const host = client()
  await host.pairWith(emulator.addPhone({ phone: '4915111111112' }))
  const stranger = client()
  stranger.creds = { ...host.creds, noiseKey: stranger.creds.noiseKey }

  stranger.connect()

  assert.equal(await stranger.closed(), 401)
}))

test('a QR code that nobody shows cannot be scanned', () => withEmulator(async emulator => {
  const phone = emulator.addPhone({ phone: '4915111111113' })
  await assert.rejects(phone.scan('https://wa.me/settings/linked_devices#2@none,a,b,c,1'), /nobody shows/)
}))

test('the refs of a QR code run out', () => withEmulator(async (emulator, client) => {
  const host = client({ qrTimeout: 20 })
  host.connect()
  assert.equal(await host.closed(), 408)
  assert.equal(new Set(host.events.map(event => event.data.qr).filter(Boolean)).size, 6)
}))
