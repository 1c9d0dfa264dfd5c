import { ParameterStructures, ResponseError, type MessageConnection } from 'vscode-jsonrpc/node.js'
import type { Log } from '../log/log.js'
import { type Cursor, EngineError, ErrorData, type Event, errorCode, type Presence, protocolVersion, type Settings, toSilo } from './contract.js'
import { ahead } from './parts.js'

/** The other side of the connection: what the host asks it and tells it. */
export class Silo {
  constructor(private readonly connection: MessageConnection) {}

  async hello(token: string, host: string, engine: string): Promise<Settings> {
    const answer = await this.#ask('hello', { token, version: protocolVersion, host, pid: process.pid, engine })
    return toSilo.hello.result(answer, 'result').settings
  }

  async deliver(number: string, first: Cursor, events: Event[]): Promise<void> {
    const told = ahead(events)
    for (const [index, changes] of told.ahead.entries()) {
      await this.#ask('loadChanges', { number, first, part: index + 1, changes })
    }
    const loaded = told.ahead.length
    await this.#ask('deliver', { number, first, events: told.events, ...(loaded > 0 ? { loaded } : {}) })
  }

  async sentMessage(number: string, epoch: number, whatsAppId: string): Promise<Buffer | undefined> {
    const { prepared } = toSilo.sentMessage.result(await this.#ask('sentMessage', { number, epoch, whatsAppId }), 'result')
    return prepared === null ? undefined : Buffer.from(prepared, 'base64')
  }

  /** Not kept and not repeated: what cannot be told at once is over before it could be told again. */
  presence(number: string, epoch: number, presence: Presence): void {
    void this.connection.sendNotification('presence', ParameterStructures.byName, { number, epoch, ...presence }).catch(() => undefined)
  }

  readonly log: Log = (...said) => void this.say(...said)

  /** Resolves when this log, and everything said before it, is written. Never fails: a log that cannot be told is lost. */
  async say(...[level, message, number, data]: Parameters<Log>): Promise<void> {
    try {
      await this.connection.sendNotification('log', ParameterStructures.byName, { level, message, number, data })
    } catch {
      // The connection is gone, and with it everybody who would read this.
    }
  }

  async #ask(method: string, params: object): Promise<unknown> {
    try {
      return await this.connection.sendRequest(method, ParameterStructures.byName, params)
    } catch (error) {
      throw error instanceof ResponseError && error.code === errorCode ? asEngineError(error) : error
    }
  }
}

function asEngineError({ message, data }: ResponseError<unknown>): EngineError {
  const { error, code } = ErrorData(data, 'error.data')
  return new EngineError(error, message, code ?? undefined)
}
