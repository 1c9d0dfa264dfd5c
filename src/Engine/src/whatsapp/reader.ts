import { type BinaryNode, cleanMessage, decodeMessageNode, proto, unpadRandomMax16, type WAMessage } from 'baileys'
import type { Device } from '../credentials/device.js'
import type { Log } from '../log/log.js'
import { describeFault } from '../log/redact.js'
import { bare, chatOf, isGroup, type Me } from '../messages/address.js'
import { type KnownGroup, toEvents, toUnread } from '../messages/inbound.js'
import type { Event } from '../rpc/contract.js'
import { givenByPhone, isWorthAWord } from './unread.js'

/** What the message stanzas of one connection mean. Most are told when they are decrypted, and not again when the library reports them. */
export class Reader {
  readonly #told = new Set<string>()

  constructor(private readonly device: Device, private readonly log: Log, private readonly group: KnownGroup) {}

  get me(): Me {
    return { id: this.device.creds.me?.id, lid: this.device.creds.me?.lid }
  }

  /** What a decrypted stanza says. */
  read(stanza: BinaryNode, plaintext: Uint8Array): Event[] {
    try {
      const decoded = proto.Message.decode(unpadRandomMax16(plaintext))
      const message = this.#envelope(stanza, decoded.deviceSentMessage?.message ?? decoded)
      return [message, ...givenByPhone(message)].flatMap((each) => {
        const events = toEvents(each, this.me, this.group)
        if (events.length > 0) {
          this.#told.add(identity(each, this.me))
        }
        return events
      })
    } catch (error) {
      this.log('error', 'a message was not understood', undefined, describeFault(error))
      return this.unread(stanza)
    }
  }

  /** What is to be told of a stanza whose content nobody has. */
  unread(stanza: BinaryNode): Event[] {
    try {
      const message = isWorthAWord(stanza) ? toUnread(this.#envelope(stanza), this.me) : undefined
      return message ? [{ type: 'messageReceived', message }] : []
    } catch (error) {
      this.log('error', 'a message was not understood', undefined, describeFault(error))
      return []
    }
  }

  /** What the library reports and was not told yet: it came without encryption or through our phone. */
  onceOnly(message: WAMessage): Event[] {
    return this.#told.delete(identity(message, this.me)) ? [] : toEvents(message, this.me, this.group)
  }

  #envelope(stanza: BinaryNode, content?: proto.IMessage): WAMessage {
    const { me } = this.device.creds
    const { fullMessage } = decodeMessageNode(stanza, me?.id ?? '', me?.lid ?? '')
    fullMessage.message = content
    cleanMessage(fullMessage, me?.id ?? '', me?.lid ?? '')
    return fullMessage as WAMessage
  }
}

function identity(message: WAMessage, me: Me): string {
  const { key } = message
  const chat = chatOf(message, me) ?? ''
  return `${chat}|${isGroup(chat) ? bare(key.participant) ?? '' : ''}|${key.id ?? ''}`
}
