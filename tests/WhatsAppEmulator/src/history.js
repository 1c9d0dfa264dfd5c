import { deflateSync } from 'node:zlib'
import { proto } from 'baileys'
import * as jids from './jids.js'

const { HistorySyncType } = proto.HistorySync
const MAX_KEPT = 100_000

/** The conversations of a phone from before its companions were linked. It tells the newest at once, and older ones when asked. */
export class History {
  #chats = new Map()
  #count = 0

  /** Adds messages of one chat: `{ id, fromMe, text, at, participant }`, `at` in ISO 8601. */
  add(chat, messages, name) {
    this.#count += messages.length
    if (this.#count > MAX_KEPT) throw new RangeError(`a history of more than ${MAX_KEPT} messages`)
    const known = this.#chats.get(chat) ?? { name, messages: [] }
    known.messages = [...known.messages, ...messages].sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
    this.#chats.set(chat, known)
  }

  save() {
    return { chats: this.#chats, count: this.#count }
  }

  restore({ chats, count }) {
    this.#chats = chats
    this.#count = count
  }

  /** The chunks of a new companion's first sync: the newest `perChat` of every chat, and what their people call themselves. */
  bootstrap(perChat, account, accounts) {
    const chats = [...this.#chats].map(([jid, { name, messages }]) => conversation(jid, name, perChat === 0 ? [] : messages.slice(-perChat)))
    const known = [account, ...[...this.#chats.keys()].map(jid => accounts.find(jid)).filter(Boolean)]
    return [
      {
        syncType: HistorySyncType.INITIAL_BOOTSTRAP,
        conversations: chats,
        phoneNumberToLidMappings: [...new Set(known)].filter(each => each.lidKnown).map(each => ({ pnJid: each.jid, lidJid: each.lidJid })),
        chunkOrder: 1,
        progress: 50
      },
      { syncType: HistorySyncType.RECENT, conversations: [], chunkOrder: 2, progress: 100 },
      // Beside the progress: a phone tells names when it likes.
      ...(known.length > 1 ? [{ syncType: HistorySyncType.PUSH_NAME, pushnames: known.slice(1).map(each => ({ id: each.jid, pushname: each.name })) }] : [])
    ]
  }

  /** Up to `count` messages that are older than the one that is named. */
  before({ chatJid, oldestMsgId, oldestMsgTimestampMs, onDemandMsgCount }) {
    const { name, messages } = this.#chats.get(jids.withoutDevice(chatJid)) ?? { messages: [] }
    const index = messages.findIndex(message => message.id === oldestMsgId)
    const older = index >= 0 ? messages.slice(0, index) : messages.filter(message => Date.parse(message.at) < Number(oldestMsgTimestampMs))
    return {
      syncType: HistorySyncType.ON_DEMAND,
      conversations: older.length === 0 ? [] : [conversation(chatJid, name, older.slice(-Number(onDemandMsgCount)))],
      progress: 100
    }
  }
}

/**
 * A chunk of history as the message that carries it, or that tells of the file which carries it where it is larger than `inlineUpTo` bytes.
 * `addFile` keeps such a file. What is spoilt comes whole, and is no history.
 */
export async function notification(chunk, { peerDataRequestSessionId, inlineUpTo, addFile, isSpoilt = false }) {
  const { syncType, chunkOrder, progress } = chunk
  const packed = deflateSync(isSpoilt ? Buffer.from('no history') : proto.HistorySync.encode(chunk).finish())
  const content = packed.length <= inlineUpTo
    ? { initialHistBootstrapInlinePayload: packed }
    : fileOf(await addFile('md-msg-hist', packed))
  return {
    type: proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
    historySyncNotification: {
      syncType,
      chunkOrder,
      progress,
      ...content,
      peerDataRequestSessionId
    }
  }
}

const fileOf = ({ directPath, mediaKey, fileSha256, fileEncSha256, fileLength }) => ({ directPath, mediaKey, fileSha256, fileEncSha256, fileLength })

/** Newest first, as a phone tells it. */
function conversation(id, name, messages) {
  return {
    id,
    name,
    messages: [...messages].reverse().map(({ id: messageId, fromMe = false, text, at, participant }, index) => ({
      msgOrderId: messages.length - index,
      message: {
        key: { remoteJid: id, fromMe, id: messageId, participant },
        message: { conversation: text },
        messageTimestamp: Math.floor(Date.parse(at) / 1000),
        status: fromMe ? proto.WebMessageInfo.Status.READ : undefined
      }
    }))
  }
}
