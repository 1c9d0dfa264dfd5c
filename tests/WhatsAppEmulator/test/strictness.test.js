import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withEmulator } from '../testing/client.js'

const SERVER = '@s.whatsapp.net'

const MISTAKES = {
  'a query it does not know': ['unknown query get nonsense thing', { tag: 'iq', attrs: { id: 'q', type: 'get', xmlns: 'nonsense', to: SERVER }, content: [{ tag: 'thing', attrs: {} }] }],
  'a stanza it does not know': ['unknown stanza', { tag: 'nonsense', attrs: { id: 'n' } }],
  'a query without an id': ['a query without an id', { tag: 'iq', attrs: { type: 'get', xmlns: 'w:p', to: SERVER }, content: [{ tag: 'ping', attrs: {} }] }],
  'a message for nobody': ['a message for nobody', { tag: 'message', attrs: { id: 'm', to: `49999999999${SERVER}`, type: 'text' }, content: [] }],
  'a chatstate without a state': ['a chatstate without a state', { tag: 'chatstate', attrs: { to: `4915122222222${SERVER}` }, content: [{ tag: 'thinking', attrs: {} }] }],
  'a chatstate for nobody': ['a chatstate for nobody', { tag: 'chatstate', attrs: { to: `49999999999${SERVER}` }, content: [{ tag: 'composing', attrs: {} }] }],
  'a chatstate of somebody else': ['a chatstate of somebody else', {
    tag: 'chatstate', attrs: { from: `4915122222222${SERVER}`, to: `4915122222222${SERVER}` }, content: [{ tag: 'composing', attrs: {} }]
  }],
  'a chatstate of unknown media': ['a chatstate of unknown media', {
    tag: 'chatstate', attrs: { to: `4915122222222${SERVER}` }, content: [{ tag: 'paused', attrs: { media: 'audio' } }]
  }],
  'an unknown receipt': ['an unknown receipt', { tag: 'receipt', attrs: { id: 'r', to: `4915122222222${SERVER}`, type: 'nonsense' } }],
  'a confirmation of nothing': ['confirms what it was not sent', { tag: 'ack', attrs: { id: 'a', class: 'message', to: `4915122222222${SERVER}` } }],
  'an answer to nothing': ['an answer nobody asked for', { tag: 'iq', attrs: { id: 'x', type: 'result', to: SERVER } }],
  'a session that is opened without a proof': ['the proof of a device that opens a session is missing', {
    tag: 'message',
    attrs: { id: 'm', to: `4915122222222${SERVER}`, type: 'text' },
    content: [{ tag: 'participants', attrs: {}, content: [{
      tag: 'to',
      attrs: { jid: `4915122222222${SERVER}` },
      content: [{ tag: 'enc', attrs: { v: '2', type: 'pkmsg' }, content: Buffer.from('x') }]
    }] }]
  }],
  'a device that is named twice': ['a device that is named twice', {
    tag: 'message',
    attrs: { id: 'm', to: `4915122222222${SERVER}`, type: 'text' },
    content: [{ tag: 'participants', attrs: {}, content: ['first', 'again'].map(cipher => ({
      tag: 'to',
      attrs: { jid: `4915122222222${SERVER}` },
      content: [{ tag: 'enc', attrs: { v: '2', type: 'msg' }, content: Buffer.from(cipher) }]
    })) }]
  }],
  'a message that leaves out the own phone': ['a message that leaves out the own phone', {
    tag: 'message',
    attrs: { id: 'm', to: `4915122222222${SERVER}`, type: 'text' },
    content: [{ tag: 'participants', attrs: {}, content: [{
      tag: 'to',
      attrs: { jid: `4915122222222${SERVER}` },
      content: [{ tag: 'enc', attrs: { v: '2', type: 'msg' }, content: Buffer.from('x') }]
    }] }]
  }]
}

for (const [what, [said, stanza]] of Object.entries(MISTAKES)) {
  test(`${what} is a problem`, () => withEmulator(async (emulator, client) => {
    const host = client()
    emulator.addPhone({ phone: '4915122222222' })
    await host.pairWith(emulator.addPhone({ phone: '4915111111111' }))
    assert.deepEqual(emulator.record.problems, [])

    await host.socket.sendNode(stanza)

    const [problem, ...more] = await until('a problem', () => emulator.record.problems.length > 0 && emulator.record.problems)
    assert.ok(problem.what.startsWith(said), problem.what)
    assert.deepEqual(more, [])
  }))
}

test('a client that speaks another dictionary is a problem', () => withEmulator(async emulator => {
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(emulator.url)
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.once('open', () => socket.send(Buffer.from([87, 65, 6, 2, 0, 0, 0])))

  await closed

  assert.match(emulator.record.problems[0].what, /an intro of 57410602/)
}))
