import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { proto } from 'baileys'
import { editAttribute, prepare } from '#engine/messages/outbound.js'
import type { OutboundMessage } from '#engine/rpc/contract.js'

const me = { id: '4915100000001:3@s.whatsapp.net', lid: '11:3@lid' }
const bert = '4915122222222@s.whatsapp.net'
const group = '120363000000000001@g.us'
const uploaded: string[] = []

async function build(message: Partial<OutboundMessage>): Promise<proto.Message> {
  const bytes = await prepare(
    { kind: 'message', whatsAppId: 'O1', jid: bert, type: 'text', mentions: [], ...message }, me,
    {
      upload: async (path, { mediaType, timeoutMs }) => {
        assert.equal(timeoutMs, 60_000, 'an upload that stands still ends')
        uploaded.push(mediaType)
        assert.ok(path.startsWith('/'))
        return { mediaUrl: 'https://mmg.whatsapp.net/x', directPath: '/x' }
      },
    })
  return proto.Message.decode(bytes)
}

describe('Outgoing messages', () => {
  test('a text with a link is built without fetching anything', async (context) => {
    const fetched = context.mock.method(globalThis, 'fetch', async () => {
      throw new Error('nothing is fetched')
    })
    const { extendedTextMessage } = await build({ text: 'see https://example.com/a', mentions: ['22@lid'] })
    assert.equal(extendedTextMessage?.text, 'see https://example.com/a')
    assert.deepEqual(extendedTextMessage?.contextInfo?.mentionedJid, ['22@lid'])
    assert.ok(!extendedTextMessage?.matchedText)
    assert.equal(fetched.mock.callCount(), 0)
  })

  test('a reply quotes whom and what it answers', async () => {
    const table: [Partial<OutboundMessage>, string][] = [
      [{ target: { whatsAppId: 'Q', fromMe: false, text: 'which?' } }, bert],
      [{ target: { whatsAppId: 'Q', fromMe: true, text: 'which?' } }, '4915100000001@s.whatsapp.net'],
      [{ jid: '22@lid', target: { whatsAppId: 'Q', fromMe: true, text: 'which?' } }, '11@lid'],
      [{ jid: group, target: { whatsAppId: 'Q', fromMe: false, participant: '22@lid', text: 'which?' } }, '22@lid'],
    ]
    for (const [message, participant] of table) {
      const context = (await build({ text: 'this', ...message })).extendedTextMessage?.contextInfo
      assert.deepEqual([context?.stanzaId, context?.participant, context?.quotedMessage?.conversation], ['Q', participant, 'which?'])
    }
  })

  test('a reply quotes what it answers as what it is', async () => {
    const table: [Partial<NonNullable<OutboundMessage['target']>>, object][] = [
      [{ type: 'text', text: 'which?' }, { conversation: 'which?' }],
      [{ type: 'image' }, { imageMessage: {} }],
      [{ type: 'image', text: 'look' }, { imageMessage: { caption: 'look' } }],
      [{ type: 'video', text: 'look' }, { videoMessage: { caption: 'look' } }],
      [{ type: 'audio' }, { audioMessage: { ptt: false } }],
      [{ type: 'voice' }, { audioMessage: { ptt: true } }],
      [{ type: 'document', fileName: 'a.pdf', text: 'look' }, { documentMessage: { fileName: 'a.pdf', title: 'a.pdf', caption: 'look' } }],
      [{ type: 'document' }, { documentMessage: {} }],
      [{ type: 'sticker' }, { stickerMessage: {} }],
      [{ type: 'location', text: 'Berlin' }, { locationMessage: { name: 'Berlin' } }],
      [{ type: 'location' }, { locationMessage: {} }],
      [{ type: 'poll', text: 'When?' }, { conversation: 'When?' }],
      [{ type: 'contact', text: 'Ada' }, { conversation: 'Ada' }],
      [{ type: 'unsupported' }, { conversation: '' }],
    ]
    for (const [target, expected] of table) {
      const { extendedTextMessage } = await build({ text: 'this', target: { whatsAppId: 'Q', fromMe: false, ...target } })
      assert.deepEqual((extendedTextMessage?.contextInfo?.quotedMessage as proto.Message).toJSON(), expected)
    }
  })

  test('a reaction, an edit and a revoke name their target', async () => {
    const target = { whatsAppId: 'T', fromMe: false, participant: '22@lid' }
    const reaction = await build({ kind: 'reaction', jid: group, emoji: '👍', target })
    assert.deepEqual([reaction.reactionMessage?.text, reaction.reactionMessage?.key?.id, reaction.reactionMessage?.key?.participant], ['👍', 'T', '22@lid'])
    const edit = await build({ kind: 'edit', text: 'new', target: { whatsAppId: 'T', fromMe: true } })
    assert.equal(edit.protocolMessage?.editedMessage?.extendedTextMessage?.text, 'new')
    assert.equal(edit.protocolMessage?.key?.id, 'T')
    const revoke = await build({ kind: 'revoke', target: { whatsAppId: 'T', fromMe: true } })
    assert.equal(revoke.protocolMessage?.type, proto.Message.ProtocolMessage.Type.REVOKE)

    assert.equal(editAttribute(edit, bert), '1')
    assert.equal(editAttribute(revoke, bert), '7')
    assert.equal(editAttribute(await build({ kind: 'revoke', jid: group, target }), group), '8')
    assert.equal(editAttribute(await build({ text: 'x' }), bert), undefined)
    assert.equal(editAttribute(reaction, group), undefined)
  })

  test('a place is sent', async () => {
    const { locationMessage } = await build({ type: 'location', location: { latitude: 52.5, longitude: 13.4, name: 'Berlin' } })
    assert.deepEqual([locationMessage?.degreesLatitude, locationMessage?.degreesLongitude, locationMessage?.name], [52.5, 13.4, 'Berlin'])
  })

  test('a file is read from its path and uploaded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lw-'))
    try {
      const path = join(folder, 'a.pdf')
      await writeFile(path, 'content')
      const document = await build({ type: 'document', text: 'see', file: { path, mimeType: 'application/pdf', fileName: 'a.pdf' } })
      const { documentMessage } = document
      assert.deepEqual(
        [documentMessage?.mimetype, documentMessage?.fileName, documentMessage?.caption, Number(documentMessage?.fileLength), documentMessage?.directPath],
        ['application/pdf', 'a.pdf', 'see', 7, '/x'])
      const voice = await build({ type: 'voice', file: { path, mimeType: 'audio/ogg; codecs=opus', durationSeconds: 3 } })
      assert.deepEqual([voice.audioMessage?.ptt, voice.audioMessage?.seconds], [true, 3])
      const plain = await build({ type: 'voice', file: { path, mimeType: 'audio/ogg' } })
      assert.equal(plain.audioMessage?.mimetype, 'audio/ogg; codecs=opus')
      assert.deepEqual(uploaded, ['document', 'audio', 'audio'])
      const reply = await build({ type: 'image', file: { path, mimeType: 'image/png' }, mentions: ['22@lid'], target: { whatsAppId: 'Q', fromMe: false } })
      assert.deepEqual([reply.imageMessage?.contextInfo?.stanzaId, reply.imageMessage?.contextInfo?.mentionedJid], ['Q', ['22@lid']])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('a song of which nobody said how long it is is as long as it sounds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lw-'))
    try {
      const path = join(folder, 'song')
      const rate = 8_000
      const header = Buffer.alloc(44)
      header.write('RIFF')
      header.writeUInt32LE(36 + 3 * rate, 4)
      header.write('WAVEfmt ', 8)
      header.writeUInt32LE(16, 16)
      header.writeUInt16LE(1, 20)
      header.writeUInt16LE(1, 22)
      header.writeUInt32LE(rate, 24)
      header.writeUInt32LE(rate, 28)
      header.writeUInt16LE(1, 32)
      header.writeUInt16LE(8, 34)
      header.write('data', 36)
      header.writeUInt32LE(3 * rate, 40)
      await writeFile(path, Buffer.concat([header, Buffer.alloc(3 * rate, 128)]))
      const song = await build({ type: 'audio', file: { path, mimeType: 'audio/wav' } })
      assert.equal(song.audioMessage?.seconds, 3)
      await writeFile(path, 'no song')
      assert.ok(!(await build({ type: 'audio', file: { path, mimeType: 'audio/wav' } })).audioMessage?.seconds)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('what is no file of this machine is refused', async () => {
    for (const path of ['https://example.com/a.png', 'http://127.0.0.1/a.png', 'a.png', '/nowhere/a.png']) {
      await assert.rejects(build({ type: 'image', file: { path, mimeType: 'image/png' } }), { error: 'rejected' }, path)
    }
    await assert.rejects(build({ type: 'image' }), { error: 'rejected' })
    await assert.rejects(build({ type: 'poll' }), { error: 'rejected', code: 'unsupported_type' })
    await assert.rejects(build({ kind: 'reaction', emoji: 'x' }), { error: 'rejected' })
  })
})
