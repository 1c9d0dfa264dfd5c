import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Event, InboundMessage } from '#engine/rpc/contract.js'
import { deliverable } from '#engine/rpc/deliverable.js'

const message: InboundMessage = {
  whatsAppId: 'A1', jid: '22@lid', otherJid: '4915122222222@s.whatsapp.net', fromMe: false, pushName: 'Ada', timestamp: '2026-11-23T01:00:00.000Z',
  type: 'text', text: 'hello', contacts: [], mentions: [],
}
const unreadable = {
  whatsAppId: 'A1', jid: '22@lid', otherJid: '4915122222222@s.whatsapp.net', fromMe: false, timestamp: '2026-11-23T01:00:00.000Z',
  type: 'unsupported', contacts: [], mentions: [],
}
const half = '\ud83d'

function passed(event: Event): { events: Event[]; refused: string[] } {
  const refused: string[] = []
  return { events: deliverable(event, (type, why) => refused.push(`${type}: ${why}`)), refused }
}

describe('What can be delivered', () => {
  test('is what fits the contract, as it is', () => {
    for (const event of [
      { type: 'messageReceived', message }, { type: 'historyReceived', messages: [message], done: true }, { type: 'closed', code: 428 },
    ] satisfies Event[]) {
      assert.deepEqual(passed(event), { events: [event], refused: [] })
    }
  })

  const odd: [string, Partial<InboundMessage>][] = [
    ['a number that is none', { type: 'location', location: { latitude: 1, longitude: Number.POSITIVE_INFINITY } }],
    ['an integer of more than 32 bits', { type: 'audio', file: { locator: 'AAAA', mimeType: 'audio/ogg', durationSeconds: 2 ** 31 } }],
    ['an address that no index takes', { mentions: ['9'.repeat(256)] }],
    ['more than a frame can hold seventy-five of', { text: 'x'.repeat(200 * 1024) }],
  ]
  for (const [what, part] of odd) {
    test(`instead of a message with ${what} is one that cannot be shown, live and as history`, () => {
      const live = passed({ type: 'messageReceived', message: { ...message, ...part } })
      assert.deepEqual(live.events, [{ type: 'messageReceived', message: unreadable }])
      assert.equal(live.refused.length, 1)
      const older = passed({ type: 'historyReceived', messages: [message, { ...message, ...part }], done: false })
      assert.deepEqual(older.events, [{ type: 'historyReceived', messages: [message, unreadable], done: false }])
    })
  }

  test('is all that a person can write, whatever they answer', () => {
    const text = '\u0939'.repeat(65_536)
    const { events, refused } = passed({ type: 'messageReceived', message: { ...message, text, replyTo: { whatsAppId: 'A0', fromMe: true, text } } })
    assert.deepEqual(refused, [])
    const [event] = events
    assert.ok(event?.type === 'messageReceived')
    assert.equal(event.message.text, text)
    assert.deepEqual(event.message.replyTo, { whatsAppId: 'A0', fromMe: true, text: text.slice(0, 1023) + '\u2026' })
  })

  test('is what is answered as it is while it is short, and no half of a character of it when it is not', () => {
    const quoting = (text: string) => {
      const { events: [event] } = passed({ type: 'messageReceived', message: { ...message, replyTo: { whatsAppId: 'A0', fromMe: true, text } } })
      assert.ok(event?.type === 'messageReceived')
      return event.message.replyTo?.text
    }
    assert.equal(quoting('x'.repeat(1024)), 'x'.repeat(1024))
    assert.equal(quoting('x'.repeat(1022) + '\u{1f600}'.repeat(9)), 'x'.repeat(1022) + '\u2026')
  })

  test('fits into a frame: the largest event of history, of seventy-five of the largest messages', () => {
    const room = 200 * 1024 - Buffer.byteLength(JSON.stringify({ ...message, text: '' }))
    const largest: Event = { type: 'historyReceived', messages: Array.from({ length: 75 }, () => ({ ...message, text: 'x'.repeat(room) })), done: false }
    const { events, refused } = passed(largest)
    assert.deepEqual([events, refused], [[largest], []])
    assert.ok(JSON.stringify(largest).length < 16 * 1024 * 1024 - 4096)
  })

  test('is nothing of a message without an identity that could be stored, nor of another event that does not fit', () => {
    for (const event of [
      { type: 'messageReceived', message: { ...message, whatsAppId: 'A'.repeat(256) } },
      { type: 'named', jid: '9'.repeat(256), name: 'Ada', saved: false },
      { type: 'chatRead', jid: '22@lid', at: 'yesterday' },
    ] satisfies Event[]) {
      const { events, refused } = passed(event)
      assert.deepEqual([events, refused.length], [[], 1])
      assert.ok(!refused.join().includes('Ada'))
    }
  })

  test('is nothing beside messages that is larger than a message may be', () => {
    const long = 'x'.repeat(200 * 1024)
    const target = { whatsAppId: 'A1', fromMe: false }
    const at = '2026-11-23T01:00:00.000Z'
    for (const event of [
      { type: 'messageEdited', jid: '22@lid', target, text: long, at, by: { fromMe: false } },
      { type: 'reactionReceived', jid: '22@lid', target, emoji: long, fromMe: false, at },
      { type: 'reactionReceived', jid: '22@lid', target: { ...target, text: long }, emoji: 'x', fromMe: false, at },
      { type: 'named', jid: '22@lid', name: long, saved: false },
    ] satisfies Event[]) {
      const { events, refused } = passed(event)
      assert.deepEqual([events, refused], [[], [`${event.type}: event should be of 204800 bytes at most`]])
    }
  })

  test('is that a connection begins, without a name that is too long', () => {
    const pushName = 'x'.repeat(200 * 1024)
    assert.deepEqual(passed({ type: 'opened', pushName }).events, [{ type: 'opened' }])
    assert.deepEqual(passed({ type: 'linked', phone: '4915112345678', lid: '22@lid', pushName }).events, [{ type: 'linked', phone: '4915112345678', lid: '22@lid' }])
    assert.deepEqual(passed({ type: 'linked', phone: '4915112345678', pushName: 'Ada' }).events, [{ type: 'linked', phone: '4915112345678', pushName: 'Ada' }])
  })

  test('is whole text', () => {
    const { events, refused } = passed({ type: 'messageReceived', message: { ...message, text: `hi ${half}`, contacts: [{ name: half, phones: [half] }] } })
    assert.deepEqual(events, [{ type: 'messageReceived', message: { ...message, text: 'hi \ufffd', contacts: [{ name: '\ufffd', phones: ['\ufffd'] }] } }])
    assert.deepEqual(refused, [])
  })

  test('are always the changes of credentials, and that a connection is over', () => {
    const changes: Event = { type: 'credentialsChanged', changes: [{ name: `session/${'9'.repeat(300)}`, value: 'AAAA' }] }
    assert.deepEqual(passed(changes).events, [changes])
    assert.deepEqual(passed({ type: 'closed', code: Number.NaN }).events, [{ type: 'closed', code: 500 }])
  })
})
