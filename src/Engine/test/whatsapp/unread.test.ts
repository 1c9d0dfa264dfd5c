import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type BinaryNode, proto, type WAMessage } from 'baileys'
import { givenByPhone, isEmpty, isWorthAWord } from '#engine/whatsapp/unread.js'

const node = (tag: string, attrs: Record<string, string> = {}, content?: BinaryNode['content']): BinaryNode => ({ tag, attrs, ...(content ? { content } : {}) })
const message = (attrs: Record<string, string>, ...content: BinaryNode[]) => node('message', { id: 'A1', type: 'text', ...attrs }, content)
const enc = (attrs: Record<string, string> = {}) => node('enc', { v: '2', type: 'msg', ...attrs }, Buffer.alloc(3))

describe('A message that cannot be read', () => {
  test('is empty when it holds nothing that can be read', () => {
    for (const [stanza, expected] of [
      [message({}, node('unavailable')), true],
      [message({}, node('unavailable', { type: 'view_once' }), node('verified_name')), true],
      [node('message'), true],
      [message({}, enc()), false],
      [message({}, enc({ type: 'pkmsg' }), enc({ type: 'new' })), false],
      [message({}, enc({ type: 'new' })), true],
      [message({}, enc({ type: 'msmsg' })), true],
      [message({}, enc({ type: 'msmsg' }), enc()), true],
      [message({}, node('enc', { v: '2', type: 'msg' })), true],
      [message({}, node('plaintext', {}, Buffer.alloc(3))), false],
    ] as const) {
      assert.equal(isEmpty(stanza), expected)
    }
  })

  test('is worth a word unless it only changes another one, or is no message to a person', () => {
    for (const [stanza, expected] of [
      [message({}, enc()), true],
      [message({ type: 'media' }, enc({ type: 'pkmsg' }), enc({ type: 'skmsg' })), true],
      [message({}, node('unavailable')), true],
      [message({ edit: '1' }, enc()), false],
      [message({ edit: '7' }, enc()), false],
      [message({ type: 'reaction' }, enc()), false],
      [message({ type: 'poll' }, enc({ 'decrypt-fail': 'hide' })), false],
      [message({ category: 'peer' }, enc()), false],
    ] as const) {
      assert.equal(isWorthAWord(stanza), expected)
    }
  })

  test('is given by our own phone, and by nobody else', () => {
    const webMessageInfoBytes = proto.WebMessageInfo.encode({ key: { id: 'A1', remoteJid: '22@lid' }, message: { conversation: 'hi' } }).finish()
    const answer = (fromMe: boolean, category?: string) => givenByPhone({
      key: { id: 'P1', remoteJid: '11@lid', fromMe },
      ...(category ? { category } : {}),
      message: {
        protocolMessage: { peerDataOperationRequestResponseMessage: { peerDataOperationResult: [{}, { placeholderMessageResendResponse: { webMessageInfoBytes } }] } },
      },
    } as WAMessage)
    assert.deepEqual(answer(true, 'peer').map(({ key, message: content }) => [key.id, content?.conversation]), [['A1', 'hi']])
    assert.deepEqual([...answer(false, 'peer'), ...answer(true)], [])
  })
})
