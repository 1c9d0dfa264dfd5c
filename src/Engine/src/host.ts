import { randomBytes } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type CancellationToken, ErrorCodes, ResponseError, type MessageConnection } from 'vscode-jsonrpc/node.js'
import { describeFault } from './log/redact.js'
import { within } from './numbers/deadline.js'
import { HostedNumber } from './numbers/hostedNumber.js'
import type { Network } from './numbers/network.js'
import { Slots } from './numbers/slots.js'
import { EngineError, errorCode, type HostMethod, type Params, type Settings, toHost } from './rpc/contract.js'
import { Fence } from './rpc/fence.js'
import { ShapeError } from './rpc/shape.js'
import { Silo } from './rpc/silo.js'
import { connectTo } from './rpc/wire.js'

const silenceLimitMs = 8_000
const lastWordLimitMs = 500
/** Of the downloads of all numbers: each holds a connection and what is on its way through the cipher. Less than the silo waits. */
const downloads = { most: 24, mostOfOne: 4, waitMs: 45_000 }

export interface HostOptions {
  socketPath: string
  token: string
  /** The name and version of the protocol library. */
  engine: string
  network: Network
  /** Ends the process. */
  exit(code: number): void
  silenceLimitMs?: number
  openLimitMs?: number
  /** Reports what nobody caught, and whether the process has to end for it. */
  watchFaults?(report: (error: unknown, isFatal: boolean) => void): void
}

/** Connects to the silo and serves it until the connection, the heartbeats or a shutdown end the process. */
export async function runHost(options: HostOptions): Promise<void> {
  const heartbeat = { method: 'heartbeat', heard: () => undefined as void }
  const connection = await connectTo(options.socketPath, heartbeat)
  const silo = new Silo(connection)
  const host = new Host(options, connection, silo)
  heartbeat.heard = () => host.heartbeat()
  connection.onClose(() => host.leave(0))
  connection.onError(() => undefined)   // what matters of it follows as a close
  options.watchFaults?.((error, isFatal) => (isFatal ? host.fail(error) : host.note(error)))
  connection.listen()
  await host.start()
}

class Host {
  readonly #id = `h-${randomBytes(8).toString('hex')}`
  readonly #numbers = new Map<string, HostedNumber>()
  readonly #fence: Fence
  readonly #downloads = new Slots(downloads)
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 })
  #settings: Settings | undefined
  #isCutOff = false
  #left = false

  constructor(
    private readonly options: HostOptions,
    private readonly connection: MessageConnection,
    private readonly silo: Silo,
  ) {
    this.#fence = new Fence(options.silenceLimitMs ?? silenceLimitMs, () => this.#cutOff())
    this.#loopDelay.enable()
    this.#serve()
  }

  async start(): Promise<void> {
    try {
      this.#settings = await this.silo.hello(this.options.token, this.#id, this.options.engine)
      this.silo.log('information', 'host started', undefined, { host: this.#id })
    } catch {
      this.leave(1)
    }
  }

  /** Cuts every connection without logging out, and ends the process. */
  leave(code: number): void {
    if (this.#left) {
      return
    }
    this.#left = true
    this.#fence.lower()
    this.#loopDelay.disable()
    this.#abandonAll()
    this.connection.dispose()
    this.options.exit(code)
  }

  /** By now somebody else may own the numbers. Nothing waits for the last word, which may find nobody to read it. */
  #cutOff(): void {
    this.#isCutOff = true
    this.#abandonAll()
    void this.#leaveAfter(0, this.silo.say('error', 'nothing was heard of the silo for too long: all connections are closed, and the host ends'))
  }

  #abandonAll(): void {
    for (const number of this.#numbers.values()) {
      number.abandon()
    }
  }

  heartbeat(): void {
    this.#fence.heartbeat()
  }

  fail(error: unknown): void {
    void this.#leaveAfter(70, this.silo.say('error', 'the host failed', undefined, describeFault(error)))
  }

  /** Says that something failed which nobody waited for. */
  note(error: unknown): void {
    this.silo.log('error', 'work failed that nobody waited for', undefined, describeFault(error))
  }

  async #leaveAfter(code: number, lastWord: Promise<void>): Promise<void> {
    await within(lastWordLimitMs, lastWord)
    this.leave(code)
  }

  #serve(): void {
    this.#on('loadCredentials', (part) => this.#number(part.number).loadCredentials(part))
    this.#on('open', (open) => this.#number(open.number).open(open))
    this.#on('close', ({ number, epoch }) => this.#number(number).close(epoch))
    this.#on('closeAll', () => this.#numbers.forEach((number) => number.cut()))
    this.#on('offerAgain', () => this.#numbers.forEach((number) => number.offerAgain()))
    this.#on('logOut', ({ number, epoch }) => this.#number(number).connected(epoch).logOut())
    this.#on('acknowledge', ({ number, epoch, cursor }) => this.#number(number).acknowledge(epoch, cursor))
    this.#on('prepare', async ({ number, epoch, message }) => {
      const prepared = await this.#number(number).connected(epoch).prepare(message)
      return { prepared: Buffer.from(prepared).toString('base64') }
    })
    this.#on('relay', ({ number, epoch, whatsAppId, jid, prepared }) =>
      this.#number(number).connected(epoch).relay(whatsAppId, jid, Buffer.from(prepared, 'base64')))
    this.#on('resolve', ({ number, epoch, phone }) => this.#number(number).connected(epoch).resolve(phone))
    this.#on('fetchMedia', ({ number, epoch, file, targetPath, maxBytes }, token) => {
      const signal = signalOf(token)
      const connected = () => this.#number(number).connected(epoch)
      connected()   // refused without waiting, and once more when the turn comes
      return this.#downloads.run(number, signal, () => connected().fetchMedia(file, targetPath, { maxBytes, signal }))
    })
    this.#on('requestHistory', (request) => this.#number(request.number).connected(request.epoch).requestHistory(request))
    this.#on('markRead', ({ number, epoch, jid, messages }) =>
      this.#number(number).connected(epoch).markRead(jid, messages))
    this.#on('setPresence', ({ number, epoch, jid, state }) => this.#number(number).connected(epoch).setPresence(jid, state))
    this.#on('status', () => this.#status())
    this.#on('shutdown', async () => {
      await Promise.all([...this.#numbers.values()].map((number) => number.settle()))
      // In the next turn, so that the answer is written before.
      setImmediate(() => void this.#leaveAfter(0, this.silo.say('information', 'host ends')))
    })
  }

  #on<M extends HostMethod>(method: M, handle: (params: Params<M>, token: CancellationToken) => unknown): void {
    this.connection.onRequest(method, async (params: unknown, token: CancellationToken) => {
      try {
        return (await handle(toHost[method].params(params, 'params') as Params<M>, token)) ?? null
      } catch (error) {
        throw asResponse(error)
      }
    })
  }

  #number(id: string): HostedNumber {
    if (this.#isCutOff) {
      throw new EngineError('unavailable', 'The host ends.')
    }
    let number = this.#numbers.get(id)
    if (!number) {
      if (!this.#settings) {
        throw new EngineError('unavailable', 'The host has not been welcomed yet.')
      }
      number = new HostedNumber(id, {
        host: this.#id,
        network: this.options.network,
        settings: this.#settings,
        deliver: (of) => (first, events) => this.silo.deliver(of, first, events),
        sentMessage: (of, epoch, whatsAppId) => this.silo.sentMessage(of, epoch, whatsAppId),
        presence: (of, epoch, presence) => this.silo.presence(of, epoch, presence),
        log: this.silo.log,
        openLimitMs: this.options.openLimitMs,
      })
      this.#numbers.set(id, number)
    }
    return number
  }

  #status() {
    const numbers = [...this.#numbers.values()]
    const delay = this.#loopDelay.percentile(99) / 1e6
    this.#loopDelay.reset()
    return {
      numbers: numbers.filter((number) => number.isHosted).length,
      open: numbers.filter((number) => number.isOpen).length,
      memoryBytes: process.memoryUsage.rss(),
      loopDelayMs: Number.isFinite(delay) ? Math.round(delay * 10) / 10 : 0,
    }
  }
}

/** Aborts when whoever asked takes the question back. */
function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController()
  token.onCancellationRequested(() => controller.abort())
  return controller.signal
}

function asResponse(error: unknown): ResponseError<unknown> {
  if (error instanceof EngineError) {
    return new ResponseError(errorCode, error.message, { error: error.error, ...(error.code ? { code: error.code } : {}) })
  }
  if (error instanceof ShapeError) {
    return new ResponseError(ErrorCodes.InvalidParams, error.message)
  }
  return new ResponseError(ErrorCodes.InternalError, 'The host failed.', describeFault(error))
}
