import type { Log } from '../log/log.js'
import { describeFault } from '../log/redact.js'
import { EngineError, type Cursor, type Entry, type Event, type Params, type Presence, type Settings } from '../rpc/contract.js'
import { deliverable, wellFormed } from '../rpc/deliverable.js'
import { inParts } from '../rpc/parts.js'
import { never, within } from './deadline.js'
import { Delivery, type Deliver } from './delivery.js'
import { Loading } from './loading.js'
import type { Network, Port, Session } from './network.js'

const flushLimitMs = 5_000
/** The network's own code for a device whose state is not usable. */
const cannotConnect = 500
const openLimitMs = 30_000
/** As after a lost connection, which can be opened again later. */
const notStored = 428

export interface Surroundings {
  host: string
  network: Network
  settings: Settings
  deliver(number: string): Deliver
  sentMessage(number: string, epoch: number, whatsAppId: string): Promise<Buffer | undefined>
  presence(number: string, epoch: number, presence: Presence): void
  log: Log
  /** How long opening waits until what the number told before is stored. */
  openLimitMs?: number | undefined
}

/**
 * One number in this host: its epoch, its events, and at most one connection. Everything that changes which connection
 * that is happens without awaiting, so commands never interleave in between.
 */
export class HostedNumber {
  #epoch = 0
  #lastSequence = 0
  #delivery: Delivery | undefined
  #session: Session | undefined
  /** Names the attempt that may connect; a later command makes it stale. */
  #attempt: object | undefined
  readonly #memory = new Map<string, unknown>()
  readonly #loading = new Loading()

  constructor(private readonly number: string, private readonly around: Surroundings) {}

  get isHosted(): boolean {
    return this.#attempt !== undefined || this.#session !== undefined
  }

  get isOpen(): boolean {
    return this.#session?.isOpen ?? false
  }

  /** Takes a part of the credentials that `open` will need. */
  loadCredentials({ epoch, part, credentials }: Params<'loadCredentials'>): void {
    this.#enter(epoch)
    this.#loading.add(part, credentials)
  }

  open({ epoch, credentials, loaded, link, proxy }: Params<'open'>): void {
    this.#enter(epoch)
    if (this.isHosted) {
      this.#loading.drop()
      return
    }
    const before = this.#loading.take(loaded ?? 0)
    const delivery = this.#events()
    const changed = delivery.unstoredChanges
    const known = credentials || changed.length > 0 ? overlay([...before, ...(credentials ?? [])], changed) : undefined
    if (!known && !link) {
      throw new EngineError('rejected', 'There are no credentials and no way to link.')
    }

    const attempt = (this.#attempt = {})
    // A message that is not yet stored must not be receipted by the next connection, so that one waits for it.
    void within(this.around.openLimitMs ?? openLimitMs, delivery.stored()).then((isStored) => {
      if (this.#attempt !== attempt) {
        return
      }
      const port = this.#port(attempt, delivery, epoch)
      if (!isStored) {
        port.log('error', 'the number cannot be opened: what it told before is not stored', undefined, { waiting: delivery.waiting })
        port.closed(notStored)
        return
      }
      try {
        this.#session = this.around.network.connect(
          { number: this.number, settings: this.around.settings, credentials: known, link, proxy, memory: this.#memory }, port)
      } catch (error) {
        port.log('error', 'the number cannot be connected', undefined, describeFault(error))
        port.closed(cannotConnect)
      }
    })
  }

  /** The open connection, for a command of this epoch. */
  connected(epoch: number): Session {
    this.#enter(epoch)
    if (!this.#session?.isOpen) {
      throw new EngineError('notConnected', 'The number is not connected.')
    }
    return this.#session
  }

  acknowledge(epoch: number, cursor: Cursor): void {
    this.#enter(epoch)
    this.#delivery?.acknowledge(cursor)
  }

  /** What nobody took is offered again soon. */
  offerAgain(): void {
    this.#delivery?.hurry()
  }

  /** Closes in peace: what was buffered is told and stored first, and nothing is told after. */
  async close(epoch: number): Promise<void> {
    this.#enter(epoch)
    await this.settle()
    // It may never come back here: what is left of it is how to refuse who had it before.
    if (!this.isHosted) {
      this.#memory.clear()
    }
  }

  async settle(): Promise<void> {
    const delivery = this.#delivery
    const session = this.#session
    this.#session = undefined
    this.#attempt = undefined
    this.#loading.drop()
    if (delivery) {
      await within(flushLimitMs, (async () => {
        await session?.end()
        await delivery.stored()
      })())
      if (this.#delivery === delivery && !this.isHosted) {
        this.#retire()
      }
    }
  }

  /** Cuts the connection because the number may not be ours any more, and says so. */
  cut(): void {
    if (this.isHosted) {
      this.#abandon()
      this.#delivery?.add({ type: 'closed', code: 428 })
    }
  }

  /** Cuts the connection and says nothing. */
  abandon(): void {
    this.#abandon()
    this.#retire()
  }

  #enter(epoch: number): void {
    if (epoch < this.#epoch) {
      throw new EngineError('staleEpoch', 'A higher epoch owns this number.')
    }
    if (epoch > this.#epoch) {
      this.abandon()
      // Somebody else may have had it meanwhile, or its credentials come from an older state.
      this.#memory.clear()
      this.#epoch = epoch
      this.#lastSequence = 0
    }
  }

  #events(): Delivery {
    const { host, deliver, log } = this.around
    return (this.#delivery ??= new Delivery(
      this.number, host, this.#epoch, deliver(this.number), log, () => this.abandon(), this.#lastSequence))
  }

  #abandon(): void {
    const session = this.#session
    this.#session = undefined
    this.#attempt = undefined
    this.#loading.drop()
    session?.abandon()
  }

  #retire(): void {
    this.#lastSequence = this.#delivery?.lastSequence ?? this.#lastSequence
    this.#delivery?.end()
    this.#delivery = undefined
  }

  #deliverable(events: Event[]): Event[] {
    return events.flatMap((event) => deliverable(event, (type, why) =>
      this.around.log('error', 'an event does not fit the contract', this.number, { event: type, why })))
  }

  /** False when it cannot be told at all; then nothing that rests on it may go on, and the connection is over. */
  #add(attempt: object, delivery: Delivery, events: Event[]): boolean {
    const told = this.#deliverable(events)
    if (told.every((event) => event.type !== 'credentialsChanged' || inParts(event.changes))) {
      delivery.add(...told)
      return true
    }
    this.around.log('error', 'changes of credentials are too large to be told', this.number)
    if (this.#attempt === attempt) {
      this.#abandon()
      delivery.add({ type: 'closed', code: notStored, cause: 'credentials_too_large' })
    }
    return false
  }

  #port(attempt: object, delivery: Delivery, epoch: number): Port {
    return {
      tell: (...events) => void this.#add(attempt, delivery, events),
      store: async (...events) => {
        await (this.#add(attempt, delivery, events) ? delivery.stored() : never())
      },
      closed: (code, more) => {
        if (this.#attempt === attempt) {
          this.#session = undefined
          this.#attempt = undefined
          delivery.add(...this.#deliverable([{ type: 'closed', code, ...more }]))
        }
      },
      sentMessage: (whatsAppId) => this.around.sentMessage(this.number, epoch, whatsAppId),
      presence: (presence) => {
        if (this.#attempt === attempt) {
          this.around.presence(this.number, epoch, wellFormed(presence))
        }
      },
      log: (level, message, _, data) => this.around.log(level, message, this.number, data),
    }
  }
}

function overlay(entries: Entry[], changes: Entry[]): Entry[] {
  const merged = new Map(entries.map((entry) => [entry.name, entry]))
  for (const change of changes) {
    merged.set(change.name, change)
  }
  return [...merged.values()].filter(({ value }) => value !== null)
}
