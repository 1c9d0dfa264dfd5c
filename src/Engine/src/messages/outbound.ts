import {
  type AnyMessageContent, generateWAMessageContent, getAudioDuration, type MessageContentGenerationOptions, normalizeMessageContent, proto,
} from 'baileys'
import { isAbsolute } from 'node:path'
import { EngineError, type OutboundMessage, type TargetMessage } from '../rpc/contract.js'
import { bare, isGroup, type Me } from './address.js'
import { sealed } from './sealed.js'

/** What phones themselves say of a voice message. The type of a stored file has no codec beside it. */
const opus = 'audio/ogg; codecs=opus'

/** Builds the bytes of a message. A file is read from its path on this machine, and nothing else is ever fetched. */
export async function prepare(message: OutboundMessage, me: Me, options: MessageContentGenerationOptions): Promise<Uint8Array> {
  const kind = message.kind === 'message' ? kindOf(message) : undefined
  const mediaCache = kind && await uploaded(fileOf(message).path, kind, options)
  const content = await generateWAMessageContent(await toContent(message, me), { ...options, ...(mediaCache ? { mediaCache } : {}) })
  return proto.Message.encode(content).finish()
}

/** What a message says in the clear when an administrator takes back what another wrote. */
export const adminRevoke = '8'

/** What the network wants to be told about an edit or a revoke, as the message itself has it. */
export function editAttribute(message: proto.IMessage, jid: string): string | undefined {
  const change = normalizeMessageContent(message)?.protocolMessage
  switch (change?.type) {
    case proto.Message.ProtocolMessage.Type.REVOKE:
      return isGroup(jid) && !change.key?.fromMe ? adminRevoke : '7'
    case proto.Message.ProtocolMessage.Type.MESSAGE_EDIT:
      return '1'
    default:
      return undefined
  }
}

type FileKind = 'image' | 'video' | 'audio' | 'document' | 'sticker'

function kindOf({ type }: OutboundMessage): FileKind | undefined {
  switch (type) {
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return type
    case 'voice':
      return 'audio'
    case 'text':
    case 'location':
    case 'contact':
    case 'poll':
    case 'unsupported':
      return undefined
  }
}

/** An upload in which nothing moves for so long has failed: without a limit it would go on when nobody waits for it any more. */
const uploadStillMs = 60_000

type Uploads = NonNullable<MessageContentGenerationOptions['mediaCache']>

const nothing = () => undefined

/** Uploads a file. Then the library has it as one that it uploaded before, and adds to what is known of it without touching it. */
function uploaded(path: string, kind: FileKind, { upload }: MessageContentGenerationOptions): Promise<Uploads> {
  return sealed(path, kind, async ({ path: encrypted, ...file }) => {
    const { mediaUrl, directPath } = await upload(encrypted, {
      mediaType: kind,
      fileEncSha256B64: file.fileEncSha256.toString('base64'),
      timeoutMs: uploadStillMs,
    })
    const mediaKeyTimestamp = Math.floor(Date.now() / 1_000)
    const known = proto.Message.encode({ [`${kind}Message`]: { ...file, url: mediaUrl, directPath, mediaKeyTimestamp } }).finish()
    return { get: <T>() => known as T, set: nothing, del: nothing, flushAll: nothing }
  })
}

async function toContent(message: OutboundMessage, me: Me): Promise<AnyMessageContent> {
  const { jid, text, emoji } = message
  switch (message.kind) {
    case 'reaction':
      return { react: { key: keyOf(jid, target(message)), text: emoji ?? '' } }
    case 'edit':
      return { edit: keyOf(jid, target(message)), text: text ?? '', linkPreview: null, ...mentionsOf(message) }
    case 'revoke':
      return { delete: keyOf(jid, target(message)) }
    case 'message':
      return { ...(await bodyOf(message)), ...mentionsOf(message), ...replyOf(message, me) } as AnyMessageContent
  }
}

/** Else the library runs ffmpeg, where there is one, on whatever file somebody sends. */
const withoutThumbnail = { jpegThumbnail: null as unknown as string }

async function bodyOf(message: OutboundMessage): Promise<AnyMessageContent> {
  const caption = message.text ? { caption: message.text } : {}
  switch (message.type) {
    case 'text':
      // A preview would make the host fetch whatever the text links to.
      return { text: message.text ?? '', linkPreview: null }
    case 'image':
      return { image: uploadedFile(message), mimetype: fileOf(message).mimeType, ...withoutThumbnail, ...caption }
    case 'video':
      return { video: uploadedFile(message), mimetype: fileOf(message).mimeType, ...withoutThumbnail, ...caption }
    case 'audio':
    case 'voice':
      return {
        ...(await durationOf(message)),
        audio: uploadedFile(message),
        mimetype: message.type === 'voice' && fileOf(message).mimeType === 'audio/ogg' ? opus : fileOf(message).mimeType,
        ptt: message.type === 'voice',
      }
    case 'document':
      return {
        document: uploadedFile(message),
        mimetype: fileOf(message).mimeType,
        fileName: fileOf(message).fileName ?? 'file',
        ...caption,
      }
    case 'sticker':
      return { sticker: uploadedFile(message), mimetype: fileOf(message).mimeType }
    case 'location': {
      const place = message.location
      if (!place) {
        throw new EngineError('rejected', 'A location has no place.')
      }
      return { location: { degreesLatitude: place.latitude, degreesLongitude: place.longitude, name: place.name ?? null } }
    }
    case 'contact':
    case 'poll':
    case 'unsupported':
      throw new EngineError('rejected', 'This type cannot be sent.', 'unsupported_type')
  }
}

function fileOf({ file }: OutboundMessage): NonNullable<OutboundMessage['file']> {
  if (!file || !isAbsolute(file.path)) {
    throw new EngineError('rejected', 'The message names no file.')
  }
  return file
}

/** The library has it by its name. */
function uploadedFile(message: OutboundMessage) {
  return { url: fileOf(message).path }
}

async function durationOf(message: OutboundMessage): Promise<{ seconds?: number }> {
  const { durationSeconds, path } = fileOf(message)
  const seconds = durationSeconds ?? (await getAudioDuration(path).catch(() => undefined))
  return seconds == null ? {} : { seconds: Math.trunc(seconds) }
}

function target({ target: named }: OutboundMessage): TargetMessage {
  if (!named) {
    throw new EngineError('rejected', 'The message has no target.')
  }
  return named
}

function keyOf(jid: string, { whatsAppId, fromMe, participant }: TargetMessage): proto.IMessageKey {
  return { remoteJid: jid, id: whatsAppId, fromMe, ...(participant ? { participant } : {}) }
}

function mentionsOf({ mentions }: OutboundMessage): { mentions?: string[] } {
  return mentions.length > 0 ? { mentions } : {}
}

function replyOf({ jid, target: answered }: OutboundMessage, me: Me): { contextInfo?: proto.IContextInfo } {
  if (!answered) {
    return {}
  }
  const author = answered.fromMe ? bare(jid.endsWith('@lid') ? me.lid ?? me.id : me.id) : answered.participant ?? jid
  return {
    contextInfo: {
      stanzaId: answered.whatsAppId,
      ...(author ? { participant: author } : {}),
      quotedMessage: quoted(answered),
    },
  }
}

/** What a reply shows of the message that it answers. Without its keys a file is a label, beside what was written with it. */
function quoted({ type, text, fileName }: TargetMessage): proto.IMessage {
  const caption = text ? { caption: text } : {}
  switch (type) {
    case 'image':
      return { imageMessage: caption }
    case 'video':
      return { videoMessage: caption }
    case 'audio':
    case 'voice':
      return { audioMessage: { ptt: type === 'voice' } }
    case 'document':
      return { documentMessage: { ...(fileName ? { fileName, title: fileName } : {}), ...caption } }
    case 'sticker':
      return { stickerMessage: {} }
    case 'location':
      return { locationMessage: text ? { name: text } : {} }
    default:
      return { conversation: text ?? '' }
  }
}
