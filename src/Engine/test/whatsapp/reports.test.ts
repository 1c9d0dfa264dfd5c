import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type BaileysEventMap, type WAMessage } from 'baileys'
import { toHistory, toPresences, toReports } from '#engine/whatsapp/reports.js'
import type { Event } from '#engine/rpc/contract.js'

const me = { id: '4915100000001:3@s.whatsapp.net', lid: '11:3@lid' }
const bert = '4915122222222@s.whatsapp.net'
const group = '120363000000000001@g.us'
const seconds = 1_790_000_000


describe('What people do', () => {
  const told = (id: string, who: string, lastKnownPresence: 'composing' | 'recording' | 'paused' | 'available' | 'unavailable') =>
    toPresences({ id, presences: { [who]: { lastKnownPresence } } }, me)

  test('is told of a person and of somebody in a group', () => {
    assert.deepEqual(told(bert, bert, 'composing'), [{ jid: bert, participant: undefined, state: 'composing' }])
    assert.deepEqual(told(group, '22:1@lid', 'recording'), [{ jid: group, participant: '22@lid', state: 'recording' }])
  })

  test('is nothing once they stopped, are merely there, or went', () => {
    for (const presence of ['paused', 'available', 'unavailable'] as const) {
      assert.deepEqual(told(bert, bert, presence), [{ jid: bert, participant: undefined, state: 'paused' }])
    }
  })

  test('is not told of our own phone, nor of what is no chat', () => {
    assert.deepEqual(told(group, me.lid, 'composing'), [])
    assert.deepEqual(told('status@broadcast', bert, 'composing'), [])
  })
})

describe('Reports of the library', () => {
  const table: [string, Partial<BaileysEventMap>, Event[]][] = [
    ['two addresses of one person', { 'lid-mapping.update': { pn: bert, lid: '22@lid' } }, [{ type: 'aliasLearned', phoneJid: bert, lid: '22@lid' }]],
    ['a contact with both addresses and a name', { 'contacts.upsert': [{ id: bert, lid: '22@lid', notify: 'Bert' }] },
      [{ type: 'aliasLearned', phoneJid: bert, lid: '22@lid' }, { type: 'named', jid: bert, name: 'Bert', saved: false }]],
    ['a person’s own name, and that in our address book', { 'contacts.update': [{ id: bert, name: 'B.', notify: 'Bert' }] },
      [{ type: 'named', jid: bert, name: 'Bert', saved: false }, { type: 'named', jid: bert, name: 'B.', saved: true }]],
    ['a group with a new subject', { 'groups.update': [{ id: group, subject: 'Crew' }] }, [{ type: 'named', jid: group, name: 'Crew', saved: false }]],
  ]
  for (const [what, batch, events] of table) {
    test(`${what}`, () => assert.deepEqual(toReports(batch), events))
  }
})

describe('History', () => {
  const history = (count: number, more: object) => ({
    chats: [], contacts: [{ id: bert, notify: 'Bert' }], lidPnMappings: [{ pn: bert, lid: '22@lid' }],
    messages: Array.from({ length: count }, (_, index) => ({
      key: { remoteJid: bert, id: `H${index}`, fromMe: false }, message: { conversation: `${index}` }, messageTimestamp: seconds,
    } as WAMessage)),
    ...more,
  })
  const parts = (events: Event[]) => events.flatMap((event) =>
    event.type === 'historyReceived' ? [[event.messages.length, event.percent, event.done, event.request]] : [])

  test('is cut into events of seventy-five messages, after who the people are, and only the last of them is the end', () => {
    const events = toHistory(history(230, { progress: 100 }), me, undefined)
    assert.deepEqual(events.slice(0, 2).map(({ type }) => type), ['aliasLearned', 'named'])
    assert.deepEqual(parts(events), [[75, 100, false, undefined], [75, 100, false, undefined], [75, 100, false, undefined], [5, 100, true, undefined]])
    assert.deepEqual(parts(toHistory(history(1, { progress: 40 }), me, undefined)), [[1, 40, false, undefined]])
  })

  test('whose progress is no number says nothing of it', () => {
    assert.deepEqual(parts(toHistory(history(1, { progress: Number.NaN }), me, undefined)), [[1, undefined, false, undefined]])
  })

  test('that was asked for says so, also when nothing is left', () => {
    assert.deepEqual(parts(toHistory(history(0, {}), me, 'r1')), [[0, undefined, true, 'r1']])
  })
})
