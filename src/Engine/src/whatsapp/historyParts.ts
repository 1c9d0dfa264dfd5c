import { type BaileysEventMap, DEFAULT_CONNECTION_CONFIG, getHistoryMsg, getUrlFromDirectPath, PROCESSABLE_HISTORY_TYPES, type proto } from 'baileys'
import { isInflatable } from './inflating.js'

/** A part of the history, as the phone announces it. */
export type HistoryPart = Pick<
  proto.Message.IHistorySyncNotification,
  'chunkOrder' | 'directPath' | 'fileEncSha256' | 'initialHistBootstrapInlinePayload' | 'peerDataRequestSessionId' | 'progress' | 'syncType'
>

export interface PartLimits {
  /** For reading a part, in milliseconds since it is whole. The largest that is fetched takes some seconds. */
  readMs: number
  /** For reading it, in milliseconds since the library failed at its message for something that need not be about it. */
  doubtMs: number
}

const usual: PartLimits = { readMs: 60_000, doubtMs: 20_000 }
const processed = new Set<unknown>(PROCESSABLE_HISTORY_TYPES)

/**
 * Follows each part of the history that our own phone announces until what is in it was told to the silo, and tells it as lost when that does not
 * happen: the phone sends it once, and was told that it arrived. The library tells nobody when it fails at one. It fails at the message then, as it does when
 * it cannot have the address book, which it asks for meanwhile; the part is read all the same in that case, also beside the next one.
 */
export class HistoryParts {
  readonly #parts: Part[] = []
  #announced: { part: HistoryPart; message: string; isOurs: boolean } | undefined

  /** @param lost Called once for each part that nobody will ever read, also when the connection is over. */
  constructor(private readonly lost: (part: HistoryPart) => void, private readonly limits = usual) {}

  /** The library tells messages before it looks for announcements in them. */
  told({ messages }: Pick<BaileysEventMap['messages.upsert'], 'messages'>): void {
    this.#announced = undefined
    for (const { key, message } of messages) {
      const part = message && getHistoryMsg(message)
      if (part) {
        this.#announced = { part, message: key.id ?? '', isOurs: key.fromMe === true }
      }
    }
  }

  /** For the library: whether it should read this part. */
  shouldRead(part: HistoryPart): boolean {
    const isWanted = DEFAULT_CONNECTION_CONFIG.shouldSyncHistoryMessage(part)
    const announced = this.#announced?.part === part ? this.#announced : undefined
    if (!isWanted || !announced?.isOurs || !processed.has(part.syncType)) {
      // What somebody else announces the library leaves out by itself, later. Were it told to, it would wait for ours no longer.
      return isWanted
    }
    const { initialHistBootstrapInlinePayload: inline } = part
    if (inline?.length && !isInflatable(inline)) {
      this.lost(part)
      return false
    }
    const followed = new Part(part, announced.message, () => {
      this.#forget(followed)
      this.lost(part)
    })
    this.#parts.push(followed)
    followed.waitFor(this.limits.readMs)
    return true
  }

  /** The library asks for a file. If it is a part of the history, that is not late while it is fetched. */
  asked(url: string): Part | undefined {
    const part = this.#parts.find((one) => one.isNext(url))
    part?.fetching()
    return part
  }

  /** A file is handed to the library whole. */
  handed(part: Part, leave: () => void): void {
    part.handed(leave)
    part.waitFor(this.limits.readMs)
  }

  /** The library has read a part, and keeps what is in it for a while before it tells it. */
  read({ chunkOrder, peerDataRequestSessionId: session }: Pick<HistoryPart, 'chunkOrder' | 'peerDataRequestSessionId'>): void {
    this.#parts.find((one) => !one.isRead && one.what.chunkOrder === chunkOrder && one.what.peerDataRequestSessionId === session)?.wasRead()
  }

  /** What the library had read is told to the silo. */
  delivered(): void {
    this.#parts.filter((one) => one.isRead).forEach((one) => this.#forget(one))
  }

  /** The library failed at a message. */
  failed(stanza: string, error: unknown): void {
    const part = this.#parts.find((one) => !one.isRead && stanza.includes(`id='${one.message}'`))
    if (!part || part.isFetched) {
      return
    }
    if (isAboutReading(error)) {
      part.lose()
    } else {
      part.waitFor(this.limits.doubtMs)
    }
  }

  /** The connection is over. What was not told by now never will be. */
  end(): void {
    for (const part of [...this.#parts]) {
      part.lose()
    }
  }

  #forget(part: Part): void {
    part.end()
    const place = this.#parts.indexOf(part)
    if (place >= 0) {
      this.#parts.splice(place, 1)
    }
  }
}

/** One that is announced, and was not told yet. */
export class Part {
  isRead = false
  /** Somebody is fetching it, and will say how that ended. */
  isFetched = false
  readonly #url: string | undefined
  #wasAskedFor = false
  #leave: () => void = () => undefined
  #timer: NodeJS.Timeout | undefined

  constructor(readonly what: HistoryPart, readonly message: string, private readonly lost: () => void) {
    this.#url = what.directPath ? getUrlFromDirectPath(what.directPath) : undefined
  }

  isNext(url: string): boolean {
    return this.#url === url && !this.#wasAskedFor
  }

  fetching(): void {
    [this.#wasAskedFor, this.isFetched] = [true, true]
    clearTimeout(this.#timer)
  }

  /** @param leave Called when it needs its memory no longer. */
  handed(leave: () => void): void {
    this.isFetched = false
    this.#leave = leave
  }

  wasRead(): void {
    this.isRead = true
    this.end()
  }

  waitFor(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.lose(), ms).unref()
  }

  lose(): void {
    this.lost()
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#leave()
    this.#leave = () => undefined
  }
}

function isAboutReading(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return error instanceof RangeError || String(code).startsWith('Z_') || /^(invalid wire type|invalid end group tag)/.test(String(message))
}
