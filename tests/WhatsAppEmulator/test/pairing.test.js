import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planFault } from '../src/plan-fault.js'
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

test('a client shows a code, a person types it, and the client logs in', () => withEmulator(async (emulator, client) => {
  const phone = emulator.addPhone({ phone: '4915111111114' })
  const host = client()
  host.connect()
  await host.qr()
  const code = await host.socket.requestPairingCode('4915111111114')
  await until('the code at the server', () => emulator.codeDesk.isWaiting('4915111111114'))

  const [device] = await Promise.all([phone.enterCode(code), host.closed()])
  await host.open()

  assert.equal(host.creds.me.id, device.jid)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a code is refused for a phone that is none, and as often as planned for one that is', () => withEmulator(async (emulator, client) => {
  emulator.addPhone({ phone: '4915111111117' })
  const host = client()
  host.connect()
  await host.qr()
  const refusals = []
  host.socket.ws.on('CB:iq,type:error', ({ content: [{ attrs }] }) => refusals.push(attrs.code))

  await host.socket.requestPairingCode('4915199999999')
  await until('the refusal', () => refusals.length === 1)
  planFault(emulator, { kind: 'query-error', phone: '4915111111117', query: 'set md link_code_companion_reg', code: 429 })
  await host.socket.requestPairingCode('4915111111117')
  await until('the next refusal', () => refusals.length === 2)
  assert.equal(emulator.codeDesk.isWaiting('4915111111117'), false)
  await host.socket.requestPairingCode('4915111111117')
  await until('the code at the server', () => emulator.codeDesk.isWaiting('4915111111117'))

  assert.deepEqual(refusals, ['404', '429'])
  assert.deepEqual(emulator.record.problems, [])
}))

test('a wrong code links nothing', () => withEmulator(async (emulator, client) => {
  const phone = emulator.addPhone({ phone: '4915111111115' })
  const host = client()
  host.connect()
  await host.qr()
  await host.socket.requestPairingCode('4915111111115', 'ABCD1234')
  await until('the code at the server', () => emulator.codeDesk.isWaiting('4915111111115'))

  await assert.rejects(phone.enterCode('ABCD1235'), /another code/)

  assert.equal(phone.account.companions.length, 0)
}))

test('a companion that logs itself out is off the account', () => withEmulator(async (emulator, client) => {
  const phone = emulator.addPhone({ phone: '4915111111116' })
  const host = client()
  await host.pairWith(phone)

  await host.socket.logout()
  await until('the device to be gone', () => phone.account.companions.length === 0)
  host.connect()

  assert.equal(await host.closed(host.events.length), 401)
  assert.deepEqual(emulator.record.problems, [])
}))
