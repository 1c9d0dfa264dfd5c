import { ErrorCodes, ResponseError } from 'vscode-jsonrpc/node.js'
import type { Level, Log } from '../log/log.js'
import { describeFault } from '../log/redact.js'
import { type Cursor, EngineError, type Entry, type Event } from '../rpc/contract.js'
import { never } from './deadline.js'

const eventsPerBatch = 200
const bytesPerBatch = 4 * 1024 * 1024
const firstRetryMs = 100
const lastRetryMs = 5_000
const offerAgainAfterMs = 10_000
const hurryWithinMs = 2_000

/** Hands a batch to the silo; a rejection means that nobody took it, and one with `staleEpoch` that nobody ever will. */
export type Deliver = (first: Cursor, events: Event[]) => Promise<void>

interface Waiting {
  event: Event
  bytes: number
  /** How many events from here on, this one included, must stay in one batch. */
  together: number
}

/**
 * The events of one number under one epoch, in order, until they are stored or the epoch is over. Each has a sequence; batches are offered one
 * at a time, again with growing pauses while nobody takes them, and again when they were taken but never acknowledged.
 */
export class Delivery {
  #waiting: Waiting[] = []
  #acknowledged: number
  #taken: number
  #offering = false
  #ended = false
  #retryMs = firstRetryMs
  #timer: NodeJS.Timeout | undefined
  /** Ends the pause before what nobody took is offered again, soon. */
  #hurry: (() => void) | undefined
  #hurried: NodeJS.Timeout | undefined
  #hurries = 0
  #watchers: { sequence: number; resolve: () => void }[] = []

  constructor(
    private readonly number: string,
    private readonly host: string,
    private readonly epoch: number,
    private readonly deliver: Deliver,
    private readonly log: Log,
    private readonly overtaken: () => void,
    startAfter = 0,
  ) {
    this.#acknowledged = startAfter
    this.#taken = startAfter
  }

  get lastSequence(): number {
    return this.#acknowledged + this.#waiting.length
  }

  /** How many events are not yet stored. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Changes of credentials that are not yet stored: whoever starts from what is stored needs these on top. */
  get unstoredChanges(): Entry[] {
    return this.#waiting.flatMap(({ event }) => (event.type === 'credentialsChanged' ? event.changes : []))
  }

  /** Adds events that stay together in one batch. */
  add(...events: Event[]): void {
    if (this.#ended) {
      return
    }
    events.forEach((event, index) => {
      this.#waiting.push({ event, bytes: Buffer.byteLength(JSON.stringify(event)), together: events.length - index })
    })
    void this.#offer()
  }

  /** Resolves when everything added so far is stored. Never, when this ends before, or has. */
  stored(): Promise<void> {
    if (this.#ended) {
      return never()
    }
    const sequence = this.lastSequence
    if (sequence <= this.#acknowledged) {
      return Promise.resolve()
    }
    return new Promise((resolve) => this.#watchers.push({ sequence, resolve }))
  }

  acknowledge(cursor: Cursor): void {
    if (this.#ended || cursor.host !== this.host || cursor.epoch !== this.epoch) {
      return
    }
    const upTo = Math.min(cursor.sequence, this.lastSequence)
    if (upTo <= this.#acknowledged) {
      return
    }
    this.#waiting.splice(0, upTo - this.#acknowledged)
    this.#acknowledged = upTo
    this.#taken = Math.max(this.#taken, upTo)
    const done = this.#watchers.filter(({ sequence }) => sequence <= upTo)
    this.#watchers = this.#watchers.filter(({ sequence }) => sequence > upTo)
    done.forEach(({ resolve }) => resolve())
    this.#expectAcknowledgement()
  }

  /** What nobody took is offered again within two seconds; not at once, since all numbers hear of it in the same moment. */
  hurry(): void {
    this.#hurries++
    this.#hurry?.()
  }

  /** Nothing is offered any more; who waits for storage waits for ever. */
  end(): void {
    this.#ended = true
    this.#waiting = []
    this.#watchers = []
    this.#hurry = undefined
    clearTimeout(this.#timer)
    clearTimeout(this.#hurried)
  }

  async #offer(): Promise<void> {
    if (this.#offering || this.#ended) {
      return
    }
    this.#offering = true
    // Events that are added in the same turn travel together.
    await Promise.resolve()
    while (!this.#ended) {
      const batch = this.#nextBatch()
      if (batch.length === 0) {
        break
      }
      const first = this.#taken + 1
      const hurries = this.#hurries
      try {
        await this.deliver({ host: this.host, epoch: this.epoch, sequence: first }, batch)
        this.#taken = Math.max(this.#taken, first + batch.length - 1)
        this.#retryMs = firstRetryMs
      } catch (error) {
        if (this.#ended) {
          break
        }
        if (error instanceof EngineError && error.error === 'staleEpoch') {
          this.log('information', 'somebody else has the number; what was not stored is let go', this.number, { waiting: this.waiting })
          this.overtaken()
          this.end()
          break
        }
        this.log(levelOf(error), 'events were not taken', this.number, { count: batch.length, ...describeFault(error) })
        await this.#pause(hurries === this.#hurries ? this.#retryMs : soon(this.#retryMs))
        this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs)
      }
    }
    this.#offering = false
    this.#expectAcknowledgement()
  }

  #nextBatch(): Event[] {
    const from = this.#taken - this.#acknowledged
    let to = from
    let bytes = 0
    while (to < this.#waiting.length) {
      const group = this.#waiting.slice(to, to + (this.#waiting[to]?.together ?? 1))
      bytes += group.reduce((sum, each) => sum + each.bytes, 0)
      if (to > from && (to - from + group.length > eventsPerBatch || bytes > bytesPerBatch)) {
        break
      }
      to += group.length
    }
    return this.#waiting.slice(from, to).map(({ event }) => event)
  }

  // What was taken and not acknowledged may have died with whoever took it.
  #expectAcknowledgement(): void {
    if (this.#offering || this.#ended) {
      return
    }
    clearTimeout(this.#timer)
    if (this.#taken > this.#acknowledged) {
      this.#timer = setTimeout(() => {
        this.#taken = this.#acknowledged
        void this.#offer()
      }, offerAgainAfterMs)
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const resume = () => {
        this.#hurry = undefined
        clearTimeout(this.#timer)
        clearTimeout(this.#hurried)
        resolve()
      }
      this.#timer = setTimeout(resume, ms)
      this.#hurry = () => {
        this.#hurry = undefined
        // Beside the pause: what of the two is over first ends both.
        this.#hurried = setTimeout(resume, soon(ms))
      }
    })
  }
}

// Not later than without any hurry.
function soon(ms: number): number {
  return Math.random() * Math.min(hurryWithinMs, ms)
}

// The silo that answers so has said why nobody took them, or storage has, once for all numbers.
function levelOf(error: unknown): Level {
  return error instanceof ResponseError && error.code === ErrorCodes.InternalError ? 'debug' : 'warning'
}
