import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CancellationToken, type MessageConnection, ParameterStructures, ResponseError } from 'vscode-jsonrpc/node.js'
import { type Cursor, Event, type EventOf, type EventType, protocolVersion, type Settings, toSilo } from '#engine/rpc/contract.js'
import type { Of } from '#engine/rpc/shape.js'
import { overSocket } from '#engine/rpc/wire.js'
import { until } from './until.js'

export const token = 'a1'.repeat(32)

export const settings: Settings = {
  browser: ['Mac OS', 'Chrome', '14.4.1'],
  connectTimeoutMs: 5_000,
  keepAliveMs: 25_000,
  queryTimeoutMs: 10_000,
  retryRequestDelayMs: 10,
}

type Delivered = Of<typeof toSilo.deliver.params>

/** The silo's side of the socket: takes events, stores them when told to, and sends heartbeats while it is well. */
export class FakeSilo {
  readonly deliveries: Delivered[] = []
  readonly logs: Of<typeof toSilo.log.params>[] = []
  readonly presences: Of<typeof toSilo.presence.params>[] = []
  readonly sent = new Map<string, string>()
  /** Of which messages it was asked whether they were sent. */
  readonly asked: string[] = []
  host = ''
  /** How many deliveries to refuse from now on. */
  refuse = 0
  /** Up to which epoch everything is over. */
  over = 0
  acknowledgeAtOnce = true
  /** Whether it cannot say at the moment what was sent before. */
  hasForgotten = false
  /** From the first event of this kind on, or the first that is meant, nothing is acknowledged by itself. */
  holdFrom: EventType | ((event: Event) => boolean) | undefined
  settings = settings
  #server: Server
  #connection: MessageConnection | undefined
  #socket: Socket | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #loaded: Of<typeof toSilo.loadChanges.params>[] = []
  #folder = mkdtempSync(join(tmpdir(), 'lw-'))

  private constructor() {
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async start(): Promise<FakeSilo> {
    const silo = new FakeSilo()
    await new Promise<void>((resolve) => silo.#server.listen(silo.socketPath, resolve))
    return silo
  }

  get socketPath(): string {
    return join(this.#folder, 's')
  }

  async welcomed(): Promise<void> {
    await until(() => this.host !== '', 'the host said hello')
  }

  ask<T = null>(method: string, params: object, token?: CancellationToken): Promise<T> {
    if (!this.#connection) {
      throw new Error('No host is connected.')
    }
    return this.#connection.sendRequest(method, ParameterStructures.byName, params, ...(token ? [token] : []))
  }

  /** Writes what no silo would. */
  write(bytes: string): void {
    this.#socket?.write(bytes)
  }

  get events(): Event[] {
    return this.deliveries.flatMap(({ events }) => events)
  }

  eventsOf<T extends EventType>(type: T, number?: string): EventOf<T>[] {
    return this.deliveries
      .filter((delivery) => number === undefined || delivery.number === number)
      .flatMap(({ events }) => events)
      .filter((event): event is EventOf<T> => event.type === type)
  }

  async event<T extends EventType>(type: T, number?: string, matches: (event: EventOf<T>) => boolean = () => true): Promise<EventOf<T>> {
    let found: EventOf<T> | undefined
    await until(() => (found = this.eventsOf(type, number).find(matches)) !== undefined, `${type} was delivered`, 30_000)
    return found as EventOf<T>
  }

  acknowledge(number: string, cursor: Cursor): Promise<null> {
    return this.ask('acknowledge', { number, epoch: cursor.epoch, cursor })
  }

  stopHeartbeats(): void {
    clearInterval(this.#heartbeat)
  }

  hangUp(): void {
    this.#socket?.destroy()
  }

  stop(): void {
    this.stopHeartbeats()
    this.#connection?.dispose()
    this.#socket?.destroy()
    this.#server.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #accept(socket: Socket): void {
    const connection = (this.#connection = overSocket(socket))
    this.#socket = socket
    connection.onError(() => undefined)
    connection.onClose(() => {
      this.stopHeartbeats()
      connection.dispose()   // refuses what is still asked
    })
    connection.onRequest('hello', (params: unknown) => {
      const hello = toSilo.hello.params(params, 'params')
      if (hello.token !== token || hello.version !== protocolVersion) {
        throw new ResponseError(-32000, 'refused')
      }
      this.host = hello.host
      const beat = () => void connection.sendNotification('heartbeat', ParameterStructures.byName, {}).catch(() => undefined)
      beat()
      this.#heartbeat = setInterval(beat, 100)
      return { settings: this.settings }
    })
    connection.onRequest('loadChanges', (params: unknown) => {
      const part = toSilo.loadChanges.params(params, 'params')
      this.#loaded = [...(part.part === 1 ? [] : this.#loaded), part]
      return null
    })
    connection.onRequest('deliver', (params: unknown) => {
      if (this.refuse > 0) {
        this.refuse--
        throw new ResponseError(-32603, 'nobody took it')
      }
      const { first: { epoch } } = toSilo.deliver.params(params, 'params')
      if (epoch <= this.over) {
        throw new ResponseError(-32001, 'a higher epoch owns the number', { error: 'staleEpoch' })
      }
      const delivery = this.#joined(toSilo.deliver.params(params, 'params'))
      this.deliveries.push(delivery)
      if (delivery.events.some((event) => typeof this.holdFrom === 'function' ? this.holdFrom(event) : event.type === this.holdFrom)) {
        this.acknowledgeAtOnce = false
      }
      if (this.acknowledgeAtOnce) {
        const { number, first, events } = delivery
        void this.acknowledge(number, { ...first, sequence: first.sequence + events.length - 1 }).catch(() => undefined)
      }
      return null
    })
    connection.onRequest('sentMessage', (params: unknown) => {
      const { whatsAppId } = toSilo.sentMessage.params(params, 'params')
      this.asked.push(whatsAppId)
      if (this.hasForgotten) {
        throw new ResponseError(-32603, 'nobody knows')
      }
      return { prepared: this.sent.get(whatsAppId) ?? null }
    })
    connection.onNotification('presence', (params: unknown) => {
      this.presences.push(toSilo.presence.params(params, 'params'))
    })
    connection.onNotification('log', (params: unknown) => {
      this.logs.push(toSilo.log.params(params, 'params'))
    })
    connection.listen()
  }

  /** With the parts that went ahead of it; only the test of one number at a time tells any. */
  #joined(delivery: Delivered): Delivered {
    const parts = this.#loaded.splice(0)
    if (parts.length !== (delivery.loaded ?? 0) || parts.some(({ first, part }, index) => part !== index + 1 || first.sequence !== delivery.first.sequence)) {
      throw new ResponseError(-32603, 'parts are missing')
    }
    return {
      ...delivery,
      events: delivery.events.map((event) => event.type === 'credentialsChanged' && parts.length > 0
        ? { ...event, changes: [...parts.flatMap(({ changes }) => changes), ...event.changes] }
        : event),
    }
  }
}
