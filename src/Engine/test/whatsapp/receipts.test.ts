import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BinaryNode } from 'baileys'
import type { Event } from '#engine/rpc/contract.js'
import { toReceipts } from '#engine/whatsapp/receipts.js'

const me = { id: '4915100000001:3@s.whatsapp.net', lid: '11:3@lid' }
const bert = '4915122222222@s.whatsapp.net'
const group = '120363000000000001@g.us'
const list = '1412345678@broadcast'
const seconds = 1_790_000_000
const at = new Date(seconds * 1000).toISOString()

const receipt = (attrs: Record<string, string>, others: string[] = []): BinaryNode => ({
  tag: 'receipt',
  attrs: { id: 'M1', from: bert, t: `${seconds}`, ...attrs },
  ...(others.length > 0 ? { content: [{ tag: 'list', attrs: {}, content: others.map((id) => ({ tag: 'item', attrs: { id } })) }] } : {}),
})

describe('A receipt', () => {
  const table: [string, BinaryNode, Event[]][] = [
    ['of a device that has the message', receipt({ from: '4915122222222:7@s.whatsapp.net' }),
      [{ type: 'receiptReceived', jid: bert, whatsAppIds: ['M1'], kind: 'delivered', at }]],
    ['of somebody who read it', receipt({ type: 'read' }), [{ type: 'receiptReceived', jid: bert, whatsAppIds: ['M1'], kind: 'read', at }]],
    ['of somebody who played it, which counts as read', receipt({ type: 'played' }),
      [{ type: 'receiptReceived', jid: bert, whatsAppIds: ['M1'], kind: 'read', at }]],
    ['for several messages', receipt({ type: 'read' }, ['M2', 'M3']),
      [{ type: 'receiptReceived', jid: bert, whatsAppIds: ['M1', 'M2', 'M3'], kind: 'read', at }]],
    ['of a participant who read', receipt({ type: 'read', from: group, participant: '22:1@lid' }),
      [{ type: 'receiptReceived', jid: group, whatsAppIds: ['M1'], kind: 'read', at, participant: '22@lid' }]],
    ['of our phone, which read a chat', receipt({ type: 'read', from: '4915100000001@s.whatsapp.net', recipient: bert }), [{ type: 'chatRead', jid: bert, at }]],
    ['of our phone, which does not show others that it read', receipt({ type: 'read-self', from: '11@lid', recipient: '22@lid' }), [{ type: 'chatRead', jid: '22@lid', at }]],
    ['of our phone, which read a group', receipt({ type: 'read', from: group, participant: '11:0@lid' }), [{ type: 'chatRead', jid: group, at }]],
    ['of our phone, which read what came through a list', receipt({ type: 'read', from: list, participant: me.id, recipient: bert }), [{ type: 'chatRead', jid: bert, at }]],
    ['of somebody who read what our phone sent through a list', receipt({ type: 'read', from: list, participant: bert }), []],
    ['of our phone, which has a message', receipt({ from: me.id, recipient: bert }), []],
    ['of a group without a participant', receipt({ from: group }), []],
    ['for what somebody else wrote', receipt({ type: 'read', recipient: '4915133333333@s.whatsapp.net' }), []],
    ['of another device of ours that sent it', receipt({ type: 'sender', from: me.id, recipient: bert }), []],
    ['that asks for the message again', receipt({ type: 'retry' }), []],
    ['of somebody who read a story', receipt({ type: 'read', from: 'status@broadcast', participant: bert }), []],
    ['without an id', { tag: 'receipt', attrs: { from: bert } }, []],
  ]
  for (const [what, stanza, events] of table) {
    test(`${what}`, () => assert.deepEqual(toReceipts(stanza, me), events))
  }
})
