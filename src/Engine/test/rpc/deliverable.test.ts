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
    ['more than a frame can hold a hundred of', { text: 'x'.repeat(150 * 1024) }],
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
    const long = 'x'.repeat(150 * 1024)
    const target = { whatsAppId: 'A1', fromMe: false }
    const at = '2026-11-23T01:00:00.000Z'
    for (const event of [
      { type: 'messageEdited', jid: '22@lid', target, text: long, at, by: { fromMe: false } },
      { type: 'reactionReceived', jid: '22@lid', target, emoji: long, fromMe: false, at },
      { type: 'reactionReceived', jid: '22@lid', target: { ...target, text: long }, emoji: 'x', fromMe: false, at },
      { type: 'named', jid: '22@lid', name: long, saved: false },
    ] satisfies Event[]) {
      const { events, refused } = passed(event)
      assert.deepEqual([events, refused], [[], [`${event.type}: event should be of 153600 bytes at most`]])
    }
  })

  test('is that a connection begins, without a name that is too long', () => {
    const pushName = 'x'.repeat(150 * 1024)
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
