import type { BinaryNode, WASocket } from 'baileys'
import type { Log } from '../log/log.js'
import { describeFault } from '../log/redact.js'
import { isGroup } from '../messages/address.js'
import { adminRevoke } from '../messages/outbound.js'
import type { Event } from '../rpc/contract.js'
import type { Answers } from './answers.js'
import { Arrivals } from './arrivals.js'
import type { Journal } from './journal.js'
import type { Lifetime } from './lifetime.js'
import { isEssential } from './listeners.js'
import type { Queries } from './queries.js'
import type { Reader } from './reader.js'
import { toReceipts } from './receipts.js'
import type { Recipients } from './recipients.js'
import { isEmpty, isPlain } from './unread.js'

/** For a question to the network that reading waits for. */
const questionLimitMs = 20_000

/** What handling what comes in needs of its connection. */
export interface Connection {
  socket: Pick<WASocket, 'end'> & { ws: { readonly isOpen: boolean } }
  log: Log
  journal: Pick<Journal, 'knows'>
  reader: Pick<Reader, 'me' | 'unread'>
  queries: Pick<Queries, 'within' | 'answered'>
  recipients: Pick<Recipients, 'group'>
  answers: Pick<Answers, 'give'>
  lifetime: Pick<Lifetime, 'during' | 'isOver'>
  /** Whether the number is logged in, and the connection not about to end. */
  isReady(): boolean
  /** Returns only when everything is stored, and otherwise never. */
  store(events: Event[]): Promise<void>
}

/** Has the library handle what comes in over one connection, each in its turn, and sees to what it would have lost. */
export class Incoming {
  readonly #arrivals = new Arrivals(() => void this.#late())

  constructor(private readonly connection: Connection) {}

  /** In place of a listener of the library, which `call` calls. Never fails: the library awaits none of its listeners. */
  handle(event: string, args: unknown[], call: () => unknown): Promise<void> {
    switch (event) {
      case 'message':
        return this.#arrivals.frame(() => this.#await(event, call))
      case 'CB:message': {
        const stanza = args[0] as BinaryNode
        // What waited for its turn until the connection was over is offered again on the next one.
        return this.#arrivals.message(stanza, () => this.#await(event, () => this.#isOpen ? this.#message(stanza, call) : undefined))
      }
      case 'CB:receipt':
        return this.#await(event, () => this.#receipt(args[0] as BinaryNode, call))
      case 'CB:success':
        return this.#await(event, () => this.connection.queries.answered(async () => await call()))
      default:
        return this.#await(event, call)
    }
  }

  get #isOpen(): boolean {
    return this.connection.socket.ws.isOpen
  }

  // Most of the library's listeners ask the network something.
  async #await(event: string, call: () => unknown): Promise<void> {
    try {
      await call()
    } catch (error) {
      const { socket, lifetime, isReady, log } = this.connection
      if (lifetime.isOver) {
        return
      }
      const about = { event, ...describeFault(error) }
      if (isEssential(event)) {
        log('error', 'the library failed at what the connection cannot do without', undefined, about)
        await socket.end(error instanceof Error ? error : new Error('A listener failed.'))
      } else {
        log(isReady() ? 'warning' : 'debug', 'the library failed at something that the network told it', undefined, about)
      }
    }
  }

  /** A message without content is acknowledged at once, so what there is to tell of it is stored before the library sees it. */
  async #message(stanza: BinaryNode, call: () => unknown): Promise<void> {
    await this.#knowAdmins(stanza)
    if (!this.#isOpen) {
      return
    }
    if (isEmpty(stanza)) {
      await this.#unread(stanza, 'a message came without its content')
      await call()
      return
    }
    await call()
    // The library failed before it had anything decrypted, and has answered. What it could not answer is offered again.
    if (!isPlain(stanza) && !this.connection.journal.knows(stanza) && this.#isOpen) {
      await this.#unread(stanza, 'the library did not come to read a message')
    }
  }

  // Reading waits for nothing, so who may take back what others wrote is asked before. Its sender said that it does; one that does
  // so without a word is none of WhatsApp's own.
  async #knowAdmins({ attrs: { from, edit } }: BinaryNode): Promise<void> {
    if (edit !== adminRevoke || !from || !isGroup(from)) {
      return
    }
    const { lifetime, queries, recipients, log } = this.connection
    try {
      await lifetime.during(queries.within(questionLimitMs, () => recipients.group(from)))
    } catch (error) {
      log('warning', 'nobody said who the administrators of a group are', undefined, describeFault(error))
    }
  }

  async #unread(stanza: BinaryNode, why: string): Promise<void> {
    const events = this.connection.reader.unread(stanza)
    if (events.length > 0) {
      this.connection.log('information', why)
      await this.connection.store(events)
    }
  }

  /** The library confirms a receipt before it tells of it, so what there is to tell is stored before the library sees it. */
  async #receipt(receipt: BinaryNode, call: () => unknown): Promise<void> {
    const events = toReceipts(receipt, this.connection.reader.me)
    if (events.length > 0) {
      await this.#arrivals.after(receipt)
      await this.connection.store(events)
    }
    if (!this.#isOpen) {
      return
    }
    if (receipt.attrs['type'] === 'retry') {
      await this.connection.answers.give(receipt, () => this.#isOpen ? call() : undefined)
    } else {
      await call()
    }
  }

  // Whatever comes waits behind that one. What is not receipted yet is offered again on the next connection.
  async #late(): Promise<void> {
    const { socket, lifetime, log } = this.connection
    if (!lifetime.isOver) {
      log('error', 'the library does not get done with a message; the connection begins anew')
      await socket.end(new Error('A message was not handled in time.'))
    }
  }
}
