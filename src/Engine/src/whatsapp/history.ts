import type { BaileysEventEmitter, BaileysEventMap } from 'baileys'
import type { Me } from '../messages/address.js'
import type { Event } from '../rpc/contract.js'
import { HistoryImport } from './historyImport.js'
import { HistoryParts } from './historyParts.js'
import { HistoryRequests } from './historyRequests.js'
import { whenTold } from './listeners.js'
import type { Memory } from './memory.js'
import { toHistory } from './reports.js'

type Told = BaileysEventMap['messaging-history.set']

/** The history of one connection: what its phone tells by itself, and what it was asked for. */
export class History {
  readonly parts: HistoryParts
  readonly #requests: HistoryRequests
  readonly #import: HistoryImport
  #isOver = false

  /**
   * @param memory Outlives the connection.
   * @param me Of the number, as far as that is known by now.
   */
  constructor(private readonly tell: (event: Event) => void, memory: Pick<Memory, 'lacksHistory'>, private readonly me: () => Me) {
    this.#requests = new HistoryRequests(tell)
    this.#import = new HistoryImport(tell, memory, () => this.parts.isImportUnderWay)
    this.parts = new HistoryParts((part) => {
      if (!this.#requests.lost(part)) {
        this.#import.lost(part)
      }
    })
  }

  /** Hears of parts before the library looks at them, and again when it has read them. */
  listen(ev: Pick<BaileysEventEmitter, 'emit'> & { flush(): unknown }): void {
    whenTold(ev, 'messages.upsert', (messages) => this.parts.told(messages))
    whenTold(ev, 'messaging-history.set', (part) => {
      // Two that it tells together become one, with the word of the later one on how much there is.
      if (this.parts.isAnyKept || this.parts.isLate) {
        ev.flush()
      }
      this.parts.read(part)
    })
  }

  /** Asks for older messages of a chat. */
  ask(request: string, chat: string, send: () => Promise<string>): Promise<void> {
    return this.#requests.ask(request, chat, send)
  }

  /** Tells what the library has read. */
  take(history: Told): void {
    if (this.#isOver) {
      this.parts.undelivered()
      return
    }
    const { isLate } = this.parts
    const request = this.#requests.requestOf(history)
    try {
      // One by one: what is told together stays together in one frame, and a history can be larger than any frame.
      for (const event of toHistory(history, this.me(), request)) {
        this.tell(request === undefined && event.type === 'historyReceived' ? this.#import.honest(event, isLate) : event)
      }
    } catch (error) {
      this.#notUnderstood(request)
      throw error
    }
    this.parts.delivered()
    this.#import.settle()
  }

  /** The connection is over: nobody hears anything any more. */
  end(): void {
    this.#isOver = true
    this.#requests.end()
    this.#import.end()
    this.parts.end()
  }

  #notUnderstood(request: string | undefined): void {
    if (request === undefined) {
      this.parts.undelivered()
    } else {
      this.tell({ type: 'historyReceived', messages: [], request, done: true, failed: 'lost' })
      this.parts.delivered()
    }
  }
}
