import { type BaileysEventMap, proto } from 'baileys'
import { EngineError, type Event } from '../rpc/contract.js'
import type { HistoryPart } from './historyParts.js'

const answerLimitMs = 60_000
const { ON_DEMAND } = proto.HistorySync.HistorySyncType

interface Running {
  request: string
  chat: string
  timer: NodeJS.Timeout
}

/**
 * Requests for older messages that wait for the phone: one at a time per chat, because the library mixes up two. A phone
 * that is off never answers, so each ends by itself.
 */
export class HistoryRequests {
  readonly #running = new Map<string, Running>()
  readonly #chats = new Set<string>()

  constructor(private readonly tell: (event: Event) => void) {}

  async ask(request: string, chat: string, send: () => Promise<string>): Promise<void> {
    if (this.#chats.has(chat)) {
      throw new EngineError('unavailable', 'Older messages of this chat are being asked for already.', 'history_running')
    }
    this.#chats.add(chat)
    try {
      const id = await send()
      const timer = setTimeout(() => {
        this.#answered(id)
        this.tell({ type: 'historyReceived', messages: [], request, done: true, failed: 'unanswered' })
      }, answerLimitMs)
      this.#running.set(id, { request, chat, timer })
    } catch (error) {
      this.#chats.delete(chat)
      throw error
    }
  }

  /**
   * Which request a part of the history answers; undefined for what a phone tells a new device by itself. An answer that nobody
   * waits for any more keeps the name that the phone knows it by, so that it is not taken for the beginning of another import.
   */
  requestOf({ syncType, peerDataRequestSessionId: id }: Pick<BaileysEventMap['messaging-history.set'], 'syncType' | 'peerDataRequestSessionId'>): string | undefined {
    return this.#answered(id) ?? (syncType === ON_DEMAND ? id ?? 'unknown' : undefined)
  }

  /** A part could not be had, or not be read: whoever asked for it hears that at once. False when nobody did. */
  lost(part: HistoryPart): boolean {
    const request = this.requestOf(part as BaileysEventMap['messaging-history.set'])
    if (request !== undefined) {
      this.tell({ type: 'historyReceived', messages: [], request, done: true, failed: 'lost' })
    }
    return request !== undefined
  }

  end(): void {
    for (const { timer } of this.#running.values()) {
      clearTimeout(timer)
    }
    this.#running.clear()
    this.#chats.clear()
  }

  #answered(id: string | null | undefined): string | undefined {
    const running = id ? this.#running.get(id) : undefined
    if (!id || !running) {
      return undefined
    }
    clearTimeout(running.timer)
    this.#running.delete(id)
    this.#chats.delete(running.chat)
    return running.request
  }
}
