import { getContentType, type GroupMetadata, normalizeMessageContent, proto, type WAMessage } from 'baileys'
import type { Event, InboundMessage, MessageSender, RemoteFile, TargetMessage } from '../rpc/contract.js'
import { bare, chatOf, isGroup, isMe, type Me } from './address.js'
import { writeLocator } from './locator.js'

type Content = proto.IMessage
type Body = Omit<Partial<InboundMessage>, 'type'> & Pick<InboundMessage, 'type'>

const longestSeconds = 2 ** 31 - 1
const Protocol = proto.Message.ProtocolMessage.Type

/** What is known of a group at this moment, if anything is. */
export type KnownGroup = (jid: string) => GroupMetadata | undefined

/**
 * What a message of the network says in our words. No I/O, so a table of messages tests it. Nothing comes of what is no
 * message of a chat: stories, channels, our own broadcast lists, key material, votes, what our own devices tell each other.
 * Who may change a message is for the silo to decide: of an edit or a revoke this says who sent it, as the network names them.
 */
export function toEvents(received: WAMessage, me: Me, group: KnownGroup): Event[] {
  const { key } = received
  const envelope = envelopeOf(received, me)
  const content = contentOf(received)
  if (!envelope || !key.id || !content || (received as { category?: string }).category === 'peer') {
    return []
  }
  const at = toTime(received.messageTimestamp)
  const { jid, otherJid, fromMe, participant, otherParticipant } = envelope
  const place = { jid, ...(otherJid ? { otherJid } : {}) }
  const by: MessageSender = { fromMe, ...(participant ? { participant } : {}), ...(otherParticipant ? { otherParticipant } : {}) }

  if (content.reactionMessage?.key?.id) {
    const target = content.reactionMessage.key
    return [{
      type: 'reactionReceived',
      jid,
      target: toTarget(jid, target.id ?? '', target.fromMe ?? false, target.participant),
      emoji: content.reactionMessage.text ?? '',
      fromMe,
      ...(participant ? { participant } : {}),
      at,
    }]
  }

  const change = content.protocolMessage
  if (change?.type === Protocol.REVOKE && change.key?.id) {
    // The key is written from the sender's side, who names an author only of what another wrote.
    if (change.key.fromMe) {
      return [{ type: 'messageRevoked', ...place, target: toTarget(jid, change.key.id, fromMe, participant), at, by }]
    }
    const author = change.key.participant
    const isAdmin = isGroup(jid) ? isAdminOf(group(jid), participant, otherParticipant) : undefined
    return [{
      type: 'messageRevoked',
      ...place,
      target: toTarget(jid, change.key.id, isMe(author, me), author),
      at,
      by: { ...by, ...(isAdmin === undefined ? {} : { isAdmin }) },
    }]
  }
  if (change?.type === Protocol.MESSAGE_EDIT && change.key?.id) {
    const text = change.editedMessage ? bodyOf(normalizeMessageContent(change.editedMessage) ?? {})?.text : undefined
    return text === undefined
      ? []
      : [{
          type: 'messageEdited',
          ...place,
          target: toTarget(jid, change.key.id, fromMe, participant),
          text,
          at: change.timestampMs ? toTime(Number(change.timestampMs) / 1000) : at,
          by,
        }]
  }

  const message = toMessage(received, me)
  return message ? [{ type: 'messageReceived', message }] : []
}

/** The message itself; undefined for what only changes another one, or is none. */
export function toMessage(received: WAMessage, me: Me): InboundMessage | undefined {
  const content = contentOf(received)
  const body = content && bodyOf(content)
  return body && inEnvelope(received, me, body, contextOf(content))
}

/** A message of which only the envelope is known: it came without content, or could not be decrypted. */
export function toUnread(received: WAMessage, me: Me): InboundMessage | undefined {
  return inEnvelope(received, me, { type: 'unsupported' })
}

function inEnvelope(received: WAMessage, me: Me, body: Body, context?: proto.IContextInfo): InboundMessage | undefined {
  const { key } = received
  const envelope = envelopeOf(received, me)
  if (!envelope || !key.id) {
    return undefined
  }
  const { jid, fromMe } = envelope
  const replyTo = context?.stanzaId ? toReply(jid, context, me) : undefined
  return {
    whatsAppId: key.id,
    timestamp: toTime(received.messageTimestamp),
    contacts: [],
    mentions: (context?.mentionedJid ?? []).flatMap((mentioned) => bare(mentioned) ?? []),
    ...body,
    ...envelope,
    ...(received.pushName && !fromMe ? { pushName: received.pushName } : {}),
    ...(replyTo ? { replyTo } : {}),
  }
}

type Envelope = Pick<InboundMessage, 'jid' | 'otherJid' | 'fromMe' | 'participant' | 'otherParticipant'>

/** Where a message belongs and whose it is, by both forms of their addresses where the network gives both; undefined for no chat. */
function envelopeOf(received: WAMessage, me: Me): Envelope | undefined {
  const { key } = received
  const jid = chatOf(received, me)
  if (!jid) {
    return undefined
  }
  const group = isGroup(jid)
  const participant = group ? bare(key.participant) ?? bare(received.participant) : undefined
  // On our own messages the other address is often our own, which says nothing about the chat. On those through a list it is the sender's.
  const otherJid = group || isMe(key.remoteJidAlt, me) !== isMe(jid, me) ? undefined : bare(key.remoteJidAlt)
  const otherParticipant = group ? bare(key.participantAlt) : undefined
  return {
    jid,
    fromMe: key.fromMe ?? false,
    ...(otherJid && otherJid !== jid ? { otherJid } : {}),
    ...(participant ? { participant } : {}),
    ...(otherParticipant && otherParticipant !== participant ? { otherParticipant } : {}),
  }
}

/** Whether one of its administrators has one of these addresses; undefined when nothing is known of the group. */
function isAdminOf(group: GroupMetadata | undefined, ...addresses: (string | undefined)[]): boolean | undefined {
  return group?.participants.some(({ id, phoneNumber, lid, admin }) =>
    admin != null && [id, phoneNumber, lid].some((address) => address !== undefined && addresses.includes(bare(address))))
}

function contentOf(received: WAMessage): Content | undefined {
  return normalizeMessageContent(received.message) ?? undefined
}

function bodyOf(content: Content): Body | undefined {
  const text = content.conversation ?? content.extendedTextMessage?.text
  if (text != null) {
    return { type: 'text', text }
  }
  const file = fileOf(content)
  if (file) {
    return file
  }
  const place = content.locationMessage ?? content.liveLocationMessage
  if (place) {
    const name = content.locationMessage?.name || content.locationMessage?.address || content.liveLocationMessage?.caption
    const latitude = place.degreesLatitude ?? 0
    const longitude = place.degreesLongitude ?? 0
    return Number.isFinite(latitude) && Number.isFinite(longitude)
      ? { type: 'location', location: { latitude, longitude, ...(name ? { name } : {}) } }
      : { type: 'unsupported' }
  }
  const cards = content.contactMessage ? [content.contactMessage] : content.contactsArrayMessage?.contacts
  if (cards) {
    return { type: 'contact', contacts: cards.map((card) => ({ name: card.displayName ?? '', phones: phonesOf(card.vcard ?? '') })) }
  }
  const poll = content.pollCreationMessage ?? content.pollCreationMessageV2 ?? content.pollCreationMessageV3
  if (poll) {
    return { type: 'poll', poll: { question: poll.name ?? '', options: (poll.options ?? []).map(({ optionName }) => optionName ?? '') } }
  }
  const picked = content.buttonsResponseMessage?.selectedDisplayText
    ?? content.templateButtonReplyMessage?.selectedDisplayText
    ?? content.listResponseMessage?.title
    ?? content.interactiveResponseMessage?.body?.text
  if (picked != null) {
    return { type: 'text', text: picked }
  }
  return isSilent(content) ? undefined : { type: 'unsupported' }
}

/** Content that is no message to a person: votes, pins, keys, how many photos of an album follow, and what changes another message. */
function isSilent(content: Content): boolean {
  return Object.entries(content).every(([name, value]) => value == null || silent.has(name))
}

const silent = new Set<string>([
  'senderKeyDistributionMessage', 'fastRatchetKeySenderKeyDistributionMessage', 'messageContextInfo', 'protocolMessage',
  'reactionMessage', 'encReactionMessage', 'pollUpdateMessage', 'pinInChatMessage', 'keepInChatMessage', 'chat',
  'encEventResponseMessage', 'encCommentMessage', 'messageHistoryBundle', 'messageHistoryNotice', 'call',
  'albumMessage', 'stickerSyncRmrMessage',
])

function fileOf(content: Content): Body | undefined {
  const image = content.imageMessage
  const video = content.videoMessage ?? content.ptvMessage
  const audio = content.audioMessage
  const document = content.documentMessage
  const sticker = content.stickerMessage ?? content.lottieStickerMessage?.message?.stickerMessage
  if (image) {
    return withCaption({ type: 'image', file: toFile('image', image) }, image.caption)
  }
  if (video) {
    return withCaption({ type: 'video', file: toFile('video', video) }, video.caption)
  }
  if (audio) {
    return { type: audio.ptt ? 'voice' : 'audio', file: toFile('audio', audio) }
  }
  if (document) {
    return withCaption({ type: 'document', file: toFile('document', document) }, document.caption)
  }
  return sticker ? { type: 'sticker', file: toFile('sticker', sticker) } : undefined
}

interface Media {
  url?: string | null
  directPath?: string | null
  mediaKey?: Uint8Array | null
  fileSha256?: Uint8Array | null
  mimetype?: string | null
  fileLength?: number | { toString(): string } | null
  fileName?: string | null
  seconds?: number | null
}

function toFile(kind: 'image' | 'video' | 'audio' | 'document' | 'sticker', media: Media): RemoteFile {
  const size = media.fileLength == null ? undefined : Number(media.fileLength.toString())
  return {
    locator: writeLocator({ kind, url: media.url, directPath: media.directPath, mediaKey: media.mediaKey, sha256: media.fileSha256 }),
    mimeType: media.mimetype || 'application/octet-stream',
    ...(media.fileName ? { fileName: media.fileName } : {}),
    ...(size !== undefined && Number.isSafeInteger(size) ? { size } : {}),
    ...(media.seconds ? { durationSeconds: Math.min(media.seconds, longestSeconds) } : {}),
  }
}

function withCaption(body: Body, caption: string | null | undefined): Body {
  return caption ? { ...body, text: caption } : body
}

function phonesOf(vcard: string): string[] {
  return [...vcard.matchAll(/^(?:item\d+\.)?TEL[^:\r\n]*:([^\r\n]+)/gim)].map(([, phone]) => (phone ?? '').trim())
}

function contextOf(content: Content): proto.IContextInfo | undefined {
  const type = getContentType(content)
  const part = type && (content[type] as { contextInfo?: proto.IContextInfo | null } | null)
  return (part && typeof part === 'object' && part.contextInfo) || undefined
}

function toReply(jid: string, context: proto.IContextInfo, me: Me): TargetMessage {
  const quoted = context.quotedMessage && normalizeMessageContent(context.quotedMessage)
  const text = quoted ? bodyOf(quoted)?.text : undefined
  return {
    ...toTarget(jid, context.stanzaId ?? '', isMe(context.participant, me), context.participant),
    ...(text ? { text } : {}),
  }
}

function toTarget(jid: string, whatsAppId: string, fromMe: boolean, author: string | null | undefined): TargetMessage {
  const participant = isGroup(jid) ? bare(author) : undefined
  return { whatsAppId, fromMe, ...(participant ? { participant } : {}) }
}

/** A time that somebody named. One that no clock shows is the beginning of all times, not a fault: a stranger wrote it. */
export function toTime(seconds: WAMessage['messageTimestamp'] | string): string {
  const at = new Date(Math.round(Number(seconds?.toString() ?? 0) * 1000))
  const year = at.getUTCFullYear()
  return (year >= 1970 && year <= 9999 ? at : new Date(0)).toISOString()
}
