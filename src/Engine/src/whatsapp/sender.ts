import { type BinaryNode, proto, type WASocket } from 'baileys'
import type { Log } from '../log/log.js'
import { toTime } from '../messages/inbound.js'
import { editAttribute } from '../messages/outbound.js'
import { EngineError, type Event } from '../rpc/contract.js'
import { toCode } from './closing.js'
import type { Encryptions } from './encryptions.js'
import type { Lifetime } from './lifetime.js'
import type { Queries } from './queries.js'
import type { Recipients } from './recipients.js'
import { lastLook } from './refusals.js'

/** How long the network may take to say who gets a message; both together are less than the silo waits. */
const findLimitMs = 4_000
/** The same for what the library asks while it sends, and everything else of the number waits. */
const askLimitMs = 5_000

/** What a sender knows of its connection. */
export interface Line {
  socket: Pick<WASocket, 'relayMessage'>
  log: Log
  recipients: Pick<Recipients, 'find' | 'findAgain' | 'renewGroupKey' | 'requireAll'>
  encryptions: Pick<Encryptions, 'of'>
  queries: Pick<Queries, 'within'>
  lifetime: Pick<Lifetime, 'during'>
  /** Throws when the connection is not open. */
  requireOpen(): void
  /** An error as the silo is to know it. */
  refusal(error: unknown, otherwise: 'unavailable' | 'notSent'): EngineError
}

/**
 * Sends over one connection, one after the other, with a turn of the event loop in between: a burst would starve every other number.
 * A message takes its place in the line when all is known of those who get it, so that one of whom the network says nothing holds up
 * nobody else.
 */
export class Sender {
  readonly #relayed = new Set<string>()
  #sending: Promise<unknown> = Promise.resolve()

  constructor(private readonly line: Line) {}

  async relay(whatsAppId: string, jid: string, prepared: Uint8Array): Promise<void> {
    const { queries, recipients, encryptions, lifetime, requireOpen, refusal } = this.line
    let mayBeWritten = false
    const write = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      requireOpen()
      const message = proto.Message.decode(prepared)
      const edit = editAttribute(message, jid)
      this.#relayed.add(whatsAppId)
      try {
        await queries.within(askLimitMs, () => encryptions.of(async (encrypted) => {
          await recipients.findAgain(jid, askLimitMs)
          if (await recipients.renewGroupKey(jid)) {
            await recipients.find(jid, askLimitMs)
          }
          await this.line.socket.relayMessage(jid, message, {
            messageId: whatsAppId,
            additionalNodes: lastLook(() => {
              // Who waited was told already that the connection is over, and nothing may leave after that.
              requireOpen()
              recipients.requireAll(jid, encrypted)
              mayBeWritten = true
            }),
            ...(edit ? { additionalAttributes: { edit } } : {}),
          })
        }))
      } catch (error) {
        this.#relayed.delete(whatsAppId)
        throw refusal(error, mayBeWritten ? 'unavailable' : 'notSent')
      }
      if (!mayBeWritten) {
        this.line.log('error', 'the library no longer says when it writes; what it did not write cannot be told')
      }
    }
    const found = queries.within(findLimitMs, () => recipients.find(jid, findLimitMs)).catch((error: unknown) => {
      throw refusal(error, 'notSent')
    })
    try {
      await lifetime.during(found.then(() => this.#inLine(write)))
    } catch (error) {
      const isLost = error instanceof EngineError && error.error === 'notConnected'
      throw isLost && !mayBeWritten ? new EngineError('notSent', error.message, 'connection_lost') : error
    }
  }

  #inLine(write: () => Promise<void>): Promise<void> {
    const written = this.#sending.then(write)
    this.#sending = written.catch(() => undefined)
    return written
  }

  /** What the network's answer to a message says, once for each that was sent. */
  acknowledged({ attrs }: BinaryNode): Event[] {
    if (!attrs['id'] || !this.#relayed.delete(attrs['id'])) {
      return []
    }
    const error = attrs['error'] ? { error: toCode(attrs['error']) } : {}
    const at = attrs['t'] ? toTime(attrs['t']) : new Date().toISOString()
    return [{ type: 'serverAcknowledged', whatsAppId: attrs['id'], at, ...error }]
  }
}
