import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withEmulator } from '../testing/client.js'

const minutes = count => Array.from({ length: count }, (_, index) => ({
  id: `OLD${index + 1}`,
  fromMe: index % 2 === 0,
  text: `line ${index + 1}`,
  at: new Date(Date.UTC(2026, 0, 1, 10, index)).toISOString()
}))

test('a new companion is told the newest messages, and older ones when it asks', () => withEmulator(async (emulator, client) => {
  const anna = emulator.addPhone({ phone: '4915111111111' })
  const bert = emulator.addPhone({ phone: '4915122222222' })
  anna.history.add(bert.jid, minutes(10), 'Bert')
  anna.bootstrapPerChat = 3
  const host = client()
  await host.pairWith(anna)

  const first = await host.wait('messaging-history.set', data => data.messages.length > 0)
  assert.deepEqual(first.messages.map(message => message.key.id), ['OLD10', 'OLD9', 'OLD8'])
  const oldest = first.messages.at(-1)
  const request = await host.socket.fetchMessageHistory(4, oldest.key, Number(oldest.messageTimestamp) * 1000)
  const more = await host.wait('messaging-history.set', data => data.peerDataRequestSessionId === request)

  assert.deepEqual(more.messages.map(message => message.key.id), ['OLD7', 'OLD6', 'OLD5', 'OLD4'])
  assert.deepEqual(emulator.record.problems, [])
}))

test('a phone that is off tells nothing until it is on again', () => withEmulator(async (emulator, client) => {
  const anna = emulator.addPhone({ phone: '4915111111111' })
  const bert = emulator.addPhone({ phone: '4915122222222' })
  anna.history.add(bert.jid, minutes(2))
  const host = client()
  await host.pairWith(anna)
  await host.wait('messaging-history.set', data => data.messages.length === 2)
  anna.turn(false)

  const request = await host.socket.fetchMessageHistory(5, { remoteJid: bert.jid, id: 'OLD2', fromMe: false }, Date.UTC(2026, 0, 1, 10, 1))
  await until('the request at the server', () => emulator.record.messages.sent.some(message => message.id === request))
  assert.equal(host.seen('messaging-history.set', data => data.peerDataRequestSessionId === request), undefined)
  anna.turn(true)

  await host.wait('messaging-history.set', data => data.peerDataRequestSessionId === request)
}))
