import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type GroupMetadata, proto, type WAMessage } from 'baileys'
import { toEvents, toTime, toUnread } from '#engine/messages/inbound.js'
import { readLocator } from '#engine/messages/locator.js'
import type { Event } from '#engine/rpc/contract.js'
import { Event as EventShape } from '#engine/rpc/contract.js'

const me = { id: '4915100000001:3@s.whatsapp.net', lid: '11:3@lid' }
const bert = '4915122222222@s.whatsapp.net'
const group = '120363000000000001@g.us'
const at = '2026-11-23T01:00:00.000Z'
const Type = proto.Message.ProtocolMessage.Type

function received(message: proto.IMessage | undefined, key: Partial<WAMessage['key']> = {}, more: object = {}): WAMessage {
  return {
    key: { remoteJid: bert, fromMe: false, id: 'M1', ...key },
    message,
    messageTimestamp: Date.parse(at) / 1000,
    pushName: 'Bert',
    ...more,
  } as WAMessage
}

const inGroup = { remoteJid: group, participant: '22:4@lid', participantAlt: '4915122222222:4@s.whatsapp.net' }

const inList = { remoteJid: '1412345678@broadcast', participant: '22:4@lid', remoteJidAlt: '4915122222222:4@s.whatsapp.net' }

const media = {
  url: 'https://mmg.whatsapp.net/v/t62/file?ccb=1', directPath: '/v/t62/file?ccb=1', mediaKey: Buffer.alloc(32, 1),
  fileSha256: Buffer.alloc(32, 2), fileLength: 1234,
}

/** What is known of a group whose members 22 and 44 are administrators, and 33 is none. */
const members = {
  id: group,
  participants: [
    { id: '22@lid', phoneNumber: bert, admin: 'superadmin' }, { id: '33@lid', admin: null }, { id: '4915144444444@s.whatsapp.net', lid: '44@lid', admin: 'admin' },
  ],
} as GroupMetadata

function read(message: WAMessage, known?: GroupMetadata): Event[] {
  const events = toEvents(message, me, (jid) => (jid === known?.id ? known : undefined))
  // Whatever comes out fits the contract.
  events.forEach((event) => assert.deepEqual(EventShape(JSON.parse(JSON.stringify(event)), ''), event))
  return events
}

function only(message: WAMessage, known?: GroupMetadata): Event {
  const [event, ...more] = read(message, known)
  assert.ok(event)
  assert.deepEqual(more, [])
  return event
}

describe('Messages of the network in our words', () => {
  const bodies: [string, proto.IMessage, object][] = [
    ['a plain text', { conversation: 'hi' }, { type: 'text', text: 'hi' }],
    ['an extended text', { extendedTextMessage: { text: 'hi' } }, { type: 'text', text: 'hi' }],
    ['a disappearing text', { ephemeralMessage: { message: { extendedTextMessage: { text: 'hi' } } } }, { type: 'text', text: 'hi' }],
    ['an image with a caption', { imageMessage: { ...media, mimetype: 'image/png', caption: 'see' } },
      { type: 'image', text: 'see', file: { mimeType: 'image/png', size: 1234 } }],
    ['an image to view once', { viewOnceMessageV2: { message: { imageMessage: { ...media, mimetype: 'image/png' } } } }, { type: 'image' }],
    ['a video', { videoMessage: { ...media, mimetype: 'video/mp4', seconds: 7 } }, { type: 'video', file: { mimeType: 'video/mp4', size: 1234, durationSeconds: 7 } }],
    ['a song', { audioMessage: { ...media, mimetype: 'audio/mpeg', ptt: false } }, { type: 'audio' }],
    ['a voice message', { audioMessage: { ...media, mimetype: 'audio/ogg', ptt: true } }, { type: 'voice' }],
    ['a document with a caption', { documentWithCaptionMessage: { message: { documentMessage: { ...media, mimetype: 'application/pdf', fileName: 'a.pdf', caption: 'see' } } } },
      { type: 'document', text: 'see', file: { mimeType: 'application/pdf', size: 1234, fileName: 'a.pdf' } }],
    ['a sticker', { stickerMessage: { ...media, mimetype: 'image/webp' } }, { type: 'sticker' }],
    ['a place', { locationMessage: { degreesLatitude: 52.5, degreesLongitude: 13.4, name: 'Berlin' } },
      { type: 'location', location: { latitude: 52.5, longitude: 13.4, name: 'Berlin' } }],
    ['a contact card', { contactMessage: { displayName: 'Ada', vcard: 'BEGIN:VCARD\nitem1.TEL;waid=49151:+49 151\nTEL;type=CELL:+49 152\nEND:VCARD' } },
      { type: 'contact', contacts: [{ name: 'Ada', phones: ['+49 151', '+49 152'] }] }],
    ['a poll', { pollCreationMessageV3: { name: 'When?', options: [{ optionName: 'today' }, { optionName: 'later' }] } },
      { type: 'poll', poll: { question: 'When?', options: ['today', 'later'] } }],
    ['a picked button', { buttonsResponseMessage: { selectedDisplayText: 'Yes' } }, { type: 'text', text: 'Yes' }],
    ['a place that is nowhere', { locationMessage: { degreesLatitude: Number.NaN, degreesLongitude: 13.4 } }, { type: 'unsupported', location: undefined }],
    ['a place that is moving nowhere', { liveLocationMessage: { degreesLatitude: 52.5, degreesLongitude: Number.POSITIVE_INFINITY } }, { type: 'unsupported' }],
    ['a song without an end', { audioMessage: { ...media, mimetype: 'audio/mpeg', seconds: 4_294_967_295 } },
      { type: 'audio', file: { mimeType: 'audio/mpeg', size: 1234, durationSeconds: 2_147_483_647 } }],
    ['what we do not know', { orderMessage: { orderId: 'o' } }, { type: 'unsupported' }],
  ]
  for (const [what, message, expected] of bodies) {
    test(`${what} is read`, () => {
      const event = only(received(message))
      assert.ok(event.type === 'messageReceived')
      const { file, ...rest } = event.message
      const { locator, ...named } = file ?? {}
      assert.equal(file === undefined || readLocator(locator ?? '') !== undefined, true)
      const wanted = expected as { file?: object }
      for (const [field, value] of Object.entries({ ...expected, ...(wanted.file ? { file: wanted.file } : {}) })) {
        assert.deepEqual(field === 'file' ? named : (rest as Record<string, unknown>)[field], value, field)
      }
      assert.deepEqual([rest.whatsAppId, rest.jid, rest.fromMe, rest.timestamp, rest.pushName], ['M1', bert, false, at, 'Bert'])
    })
  }

  const silent: [string, WAMessage][] = [
    ['a story', received({ conversation: 'x' }, { remoteJid: 'status@broadcast' })],
    ['a channel', received({ conversation: 'x' }, { remoteJid: '120363@newsletter' })],
    ['what our own phone sent through a broadcast list', received({ conversation: 'x' }, { ...inList, participant: me.id, fromMe: true })],
    ['the same in a form of our address that the library does not know as ours', received({ conversation: 'x' }, { ...inList, participant: me.lid })],
    ['a word of nobody through a broadcast list', received({ conversation: 'x' }, { ...inList, participant: '' })],
    ['key material', received({ senderKeyDistributionMessage: { groupId: group } }, inGroup)],
    ['what our own devices tell each other', received({ conversation: 'x' }, {}, { category: 'peer' })],
    ['a vote', received({ pollUpdateMessage: { pollCreationMessageKey: { id: 'P' } } })],
    ['a setting', received({ protocolMessage: { type: Type.EPHEMERAL_SETTING, ephemeralExpiration: 1 } })],
    ['the cover of an album, whose photos come by themselves', received({ albumMessage: { expectedImageCount: 2 }, messageContextInfo: { deviceListMetadataVersion: 2 } })],
    ['a sticker that a device of the sender looks for', received({ stickerSyncRmrMessage: { filehash: ['x'] } })],
    ['an undecrypted message', received(undefined)],
  ]
  for (const [what, message] of silent) {
    test(`${what} is no message`, () => assert.deepEqual(read(message), []))
  }

  test('addresses lose their device part, and the other form of a person is kept', () => {
    const event = only(received({ conversation: 'hi' }, { remoteJid: '22:4@lid', remoteJidAlt: '4915122222222:4@s.whatsapp.net' }))
    assert.ok(event.type === 'messageReceived')
    assert.deepEqual([event.message.jid, event.message.otherJid], ['22@lid', bert])
    const fromGroup = only(received({ conversation: 'hi' }, inGroup))
    assert.ok(fromGroup.type === 'messageReceived')
    assert.deepEqual([fromGroup.message.jid, fromGroup.message.participant, fromGroup.message.otherParticipant], [group, '22@lid', bert])
  })

  test('what came through a broadcast list is in the chat with its sender, and so is what changes it', () => {
    const contextInfo = { stanzaId: 'Q1', participant: me.id, quotedMessage: { conversation: 'which?' } }
    const event = only(received({ extendedTextMessage: { text: 'this', contextInfo } }, inList))
    assert.ok(event.type === 'messageReceived')
    const { jid, otherJid, participant, otherParticipant, fromMe, pushName, replyTo } = event.message
    assert.deepEqual([jid, otherJid, participant, otherParticipant, fromMe, pushName], ['22@lid', bert, undefined, undefined, false, 'Bert'])
    assert.deepEqual(replyTo, { whatsAppId: 'Q1', fromMe: true, text: 'which?' })

    const target = { whatsAppId: 'M0', fromMe: false }
    const key = { id: 'M0', fromMe: true, remoteJid: inList.remoteJid }
    const edit = { type: Type.MESSAGE_EDIT, key, editedMessage: { conversation: 'new' } }
    const sent = { jid: '22@lid', otherJid: bert, target, at, by: { fromMe: false } }
    assert.deepEqual(only(received({ protocolMessage: edit }, inList)), { type: 'messageEdited', ...sent, text: 'new' })
    assert.deepEqual(only(received({ protocolMessage: { type: Type.REVOKE, key } }, inList)), { type: 'messageRevoked', ...sent })
    assert.deepEqual(only(received({ reactionMessage: { key: { id: 'M0', fromMe: false }, text: '👍' } }, inList)),
      { type: 'reactionReceived', jid: '22@lid', target, emoji: '👍', fromMe: false, at })

    const unread = toUnread(received(undefined, inList), me)
    assert.deepEqual([unread?.jid, unread?.otherJid, unread?.participant, unread?.type], ['22@lid', bert, undefined, 'unsupported'])
  })

  test('what a phone tells of a broadcast list names its sender elsewhere', () => {
    const event = only(received({ conversation: 'old' }, { remoteJid: inList.remoteJid }, { participant: bert }))
    assert.equal(event.type === 'messageReceived' && event.message.jid, bert)
  })

  test('a message typed on our phone is ours, carries no name, and our own other address is not the chat’s', () => {
    const event = only(received({ conversation: 'hi' }, { fromMe: true, remoteJidAlt: '11@lid' }))
    assert.ok(event.type === 'messageReceived')
    assert.deepEqual([event.message.fromMe, event.message.pushName, event.message.otherJid], [true, undefined, undefined])
  })

  test('a reply names what it answers, and mentions are bare', () => {
    const contextInfo = { stanzaId: 'Q1', participant: me.id, quotedMessage: { conversation: 'which?' }, mentionedJid: ['22:4@lid'] }
    const event = only(received({ extendedTextMessage: { text: 'this', contextInfo } }, inGroup))
    assert.ok(event.type === 'messageReceived')
    assert.deepEqual(event.message.replyTo, { whatsAppId: 'Q1', fromMe: true, participant: '4915100000001@s.whatsapp.net', text: 'which?' })
    assert.deepEqual(event.message.mentions, ['22@lid'])
  })

  test('a reaction names its target and who reacted; an empty one takes it back', () => {
    const reactionMessage = { key: { id: 'M0', fromMe: false, participant: '33:1@lid' }, text: '' }
    assert.deepEqual(only(received({ reactionMessage }, inGroup)), {
      type: 'reactionReceived', jid: group, target: { whatsAppId: 'M0', fromMe: false, participant: '33@lid' }, emoji: '', fromMe: false, participant: '22@lid', at,
    })
  })

  test('an edit names the author’s own message', () => {
    const protocolMessage = { type: Type.MESSAGE_EDIT, key: { id: 'M0', fromMe: true }, editedMessage: { conversation: 'new' }, timestampMs: Date.parse(at) + 5 }
    for (const [message, fromMe] of [[{ protocolMessage }, false], [{ editedMessage: { message: { protocolMessage } } }, true]] as const) {
      assert.deepEqual(only(received(message, { fromMe })), {
        type: 'messageEdited', jid: bert, target: { whatsAppId: 'M0', fromMe }, text: 'new', at: '2026-11-23T01:00:00.005Z', by: { fromMe },
      })
    }
  })

  test('a time that no clock shows is no fault', () => {
    const protocolMessage = { type: Type.MESSAGE_EDIT, key: { id: 'M0', fromMe: true }, editedMessage: { conversation: 'new' } }
    for (const timestampMs of [9e18, -9e18]) {
      const edited = only(received({ protocolMessage: { ...protocolMessage, timestampMs } }))
      assert.equal(edited?.type === 'messageEdited' && edited.at, '1970-01-01T00:00:00.000Z')
    }
    for (const seconds of [9e18, Number.NaN, 'soon', -1]) {
      assert.equal(toTime(seconds), '1970-01-01T00:00:00.000Z')
    }
  })

  test('a revoke names whose message it takes back', () => {
    const target = (event: Event) => (event.type === 'messageRevoked' ? event.target : undefined)
    const table: [WAMessage, object][] = [
      [received(revoke({ fromMe: true })), { whatsAppId: 'M0', fromMe: false }],
      [received(revoke({ fromMe: true }), { fromMe: true }), { whatsAppId: 'M0', fromMe: true }],
      [received(revoke({ fromMe: true }), inGroup), { whatsAppId: 'M0', fromMe: false, participant: '22@lid' }],
      [received(revoke({ fromMe: false, participant: '11@lid' }), inGroup), { whatsAppId: 'M0', fromMe: true, participant: '11@lid' }],
      [received(revoke({ fromMe: false, participant: '33@lid' }), inGroup), { whatsAppId: 'M0', fromMe: false, participant: '33@lid' }],
      [received(revoke({ fromMe: false, participant: '33@lid' }), { ...inGroup, fromMe: true }), { whatsAppId: 'M0', fromMe: false, participant: '33@lid' }],
    ]
    for (const [message, expected] of table) {
      assert.deepEqual(target(only(message)), expected)
    }
  })

  test('who sent an edit or a revoke is told by both of their addresses, whatever the key says', () => {
    const edit = { protocolMessage: { type: Type.MESSAGE_EDIT, key: { id: 'M0', fromMe: false, participant: '33@lid' }, editedMessage: { conversation: 'new' } } }
    const hidden = { remoteJid: '22:4@lid', remoteJidAlt: '4915122222222:4@s.whatsapp.net' }
    const ourOwn = { fromMe: true, remoteJidAlt: '11@lid' }
    for (const message of [edit, revoke({ fromMe: true }), revoke({ fromMe: false, participant: me.id })]) {
      const table: [object, object][] = [
        [inGroup, { jid: group, by: { fromMe: false, participant: '22@lid', otherParticipant: bert } }],
        [hidden, { jid: '22@lid', otherJid: bert, by: { fromMe: false } }],
        [ourOwn, { jid: bert, by: { fromMe: true } }],
      ]
      for (const [key, expected] of table) {
        const event = only(received(message, key))
        assert.ok(event.type === 'messageEdited' || event.type === 'messageRevoked')
        const { jid, otherJid, by } = event
        assert.deepEqual({ jid, ...(otherJid ? { otherJid } : {}), by }, expected)
      }
    }
    const edited = only(received(edit, inGroup))
    assert.deepEqual(edited.type === 'messageEdited' && edited.target, { whatsAppId: 'M0', fromMe: false, participant: '22@lid' })
  })

  test('of who takes back what another wrote in a group it says whether they are an administrator, where that is known', () => {
    const taken = revoke({ fromMe: false, participant: '55@lid' })
    const isAdmin = (message: WAMessage, known?: GroupMetadata) => {
      const event = only(message, known)
      return event.type === 'messageRevoked' ? event.by.isAdmin : 'no revoke'
    }
    const from = (participant: string, participantAlt?: string) => received(taken, { remoteJid: group, participant, ...(participantAlt ? { participantAlt } : {}) })
    assert.equal(isAdmin(from('22:4@lid'), members), true)
    assert.equal(isAdmin(from(bert), members), true)
    assert.equal(isAdmin(from('44@lid'), members), true)
    assert.equal(isAdmin(from('66@lid', '4915144444444:2@s.whatsapp.net'), members), true)
    assert.equal(isAdmin(from('33@lid'), members), false)
    assert.equal(isAdmin(from('66@lid'), members), false)
    assert.equal(isAdmin(from('22@lid')), undefined)
    assert.equal(isAdmin(received(revoke({ fromMe: true }), inGroup), members), undefined)
    assert.equal(isAdmin(received(taken), members), undefined)
  })
})

function revoke(key: proto.IMessageKey): proto.IMessage {
  return { protocolMessage: { type: Type.REVOKE, key: { id: 'M0', ...key } } }
}

describe('A locator', () => {
  const locator = (parts: object) => Buffer.from(JSON.stringify({ kind: 'image', key: 'AA==', ...parts })).toString('base64')

  test('never leads to another host than it seems to', () => {
    for (const path of ['@evil.example/x', '//evil.example/x', 'https://evil.example/x', '']) {
      assert.equal(readLocator(locator({ path })), undefined, path)
    }
    assert.equal(readLocator(locator({ path: '/x' }))?.directPath, '/x')
    assert.equal(readLocator('!'), undefined)
  })
})
