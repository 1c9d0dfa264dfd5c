import { type BinaryNode, proto, type WASocket } from 'baileys'
import type { Log } from '../log/log.js'
import { toTime } from '../messages/inbound.js'
import { editAttribute } from '../messages/outbound.js'
import { EngineError, type Event } from '../rpc/contract.js'
import { toCode } from './closing.js'
import { lastLook } from './refusals.js'

/** What a sender knows of its connection. */
export interface Line {
  socket: Pick<WASocket, 'relayMessage'>
  log: Log
  /** Throws when the connection is not open. */
  requireOpen(): void
  /** An error as the silo is to know it. */
  refusal(error: unknown, otherwise: 'unavailable' | 'notSent'): EngineError
}

/** Sends over one connection, one after the other, with a turn of the event loop in between: a burst would starve every other number. */
export class Sender {
  readonly #relayed = new Set<string>()
  readonly #over = lostConnection()
  #sending: Promise<unknown> = Promise.resolve()

  constructor(private readonly line: Line) {}

  async relay(whatsAppId: string, jid: string, prepared: Uint8Array): Promise<void> {
    let mayBeWritten = false
    const sent = this.#sending.then(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      this.line.requireOpen()
      const message = proto.Message.decode(prepared)
      const edit = editAttribute(message, jid)
      this.#relayed.add(whatsAppId)
      try {
        await this.line.socket.relayMessage(jid, message, {
          messageId: whatsAppId,
          additionalNodes: lastLook(() => {
            // Who waited was told already that the connection is over, and nothing may leave after that.
            this.line.requireOpen()
            mayBeWritten = true
          }),
          ...(edit ? { additionalAttributes: { edit } } : {}),
        })
      } catch (error) {
        this.#relayed.delete(whatsAppId)
        throw this.line.refusal(error, mayBeWritten ? 'unavailable' : 'notSent')
      }
      if (!mayBeWritten) {
        this.line.log('error', 'the library no longer says when it writes; what it did not write cannot be told')
      }
    })
    this.#sending = sent.catch(() => undefined)
    try {
      // A write of keys that is never stored never returns, and neither would a send that waits behind it.
      await Promise.race([sent, this.#over.promise])
    } catch (error) {
      const isLost = error instanceof EngineError && error.error === 'notConnected'
      throw isLost && !mayBeWritten ? new EngineError('notSent', error.message, 'connection_lost') : error
    }
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

  /** The connection is over: who waits hears it. */
  end(): void {
    this.#over.lose()
  }
}

/** A promise that fails when the connection is over. */
function lostConnection(): { promise: Promise<never>; lose: () => void } {
  let lose: () => void = () => undefined
  const promise = new Promise<never>((_, reject) => {
    lose = () => reject(new EngineError('notConnected', 'The connection was lost meanwhile.'))
  })
  promise.catch(() => undefined)   // most connections end while nobody sends
  return { promise, lose }
}
