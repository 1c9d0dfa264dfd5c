import { type BaileysEventMap, DEFAULT_CONNECTION_CONFIG, getHistoryMsg, getUrlFromDirectPath, PROCESSABLE_HISTORY_TYPES, type proto } from 'baileys'
import { isOfImport } from './historyImport.js'
import { isInflatable } from './inflating.js'

/** A part of the history, as the phone announces it. */
export type HistoryPart = Pick<
  proto.Message.IHistorySyncNotification,
  'chunkOrder' | 'directPath' | 'fileEncSha256' | 'initialHistBootstrapInlinePayload' | 'peerDataRequestSessionId' | 'progress' | 'syncType'
>

/** For reading a part, in milliseconds since it is whole. The largest that is fetched takes some seconds, and storing who is in it up to 30. */
const readLimitMs = 60_000
const processed = new Set<unknown>(PROCESSABLE_HISTORY_TYPES)

/**
 * Follows each part of the history that our own phone announces until what is in it was told to the silo, and tells it as lost when that does not
 * happen: the phone sends it once, and was told that it arrived. The library tells nobody when it fails at one. It fails at the message then, as it does when
 * it cannot have the address book, which it asks for meanwhile; in that case the part is read all the same, also beside the next one.
 */
export class HistoryParts {
  readonly #parts: Part[] = []
  /** The library tells one that was lost by then. */
  isLate = false
  #announced: { part: HistoryPart; message: string; isOurs: boolean } | undefined

  /** @param lost Called once for each part that nobody will ever read, also when the connection is over. */
  constructor(private readonly lost: (part: HistoryPart) => void, private readonly limitMs = readLimitMs) {}

  /** Whether there is a part of what a phone tells by itself that was neither read nor lost yet. */
  get isImportUnderWay(): boolean {
    return this.#parts.some((one) => !one.isRead && isOfImport(one.what))
  }

  /** Whether something was read that the library did not tell yet. */
  get isAnyKept(): boolean {
    return this.#parts.some((one) => one.isRead)
  }

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
    followed.waitFor(this.limitMs)
    return true
  }

  /** The library asks for a file. If it is a part of the history, that is not late while it is fetched. */
  asked(url: string): Part | undefined {
    const part = this.#parts.find((one) => one.isNext(url))
    part?.fetching()
    return part
  }

  /**
   * A file is handed to the library whole.
   *
   * @param leave Called when it needs its memory no longer.
   */
  handed(part: Part, leave: () => void): void {
    if (!this.#parts.includes(part)) {
      leave()
      return
    }
    part.handed(leave)
    part.waitFor(this.limitMs)
  }

  /** The library has read a part, and keeps what is in it for a while before it tells it. */
  read({ chunkOrder, peerDataRequestSessionId: session, syncType }: Pick<HistoryPart, 'chunkOrder' | 'peerDataRequestSessionId' | 'syncType'>): void {
    const open = this.#parts.filter(({ isRead, what }) => !isRead && what.chunkOrder === chunkOrder && what.peerDataRequestSessionId === session)
    const part = open.find(({ what }) => what.syncType === syncType) ?? open[0]
    part?.wasRead()
    this.isLate = !part
  }

  /** What the library had read was told to the silo. */
  delivered(): void {
    this.isLate = false
    this.#parts.filter((one) => one.isRead).forEach((one) => this.#forget(one))
  }

  /** It could not be told. */
  undelivered(): void {
    this.#parts.filter((one) => one.isRead).forEach((one) => one.lose())
  }

  /** The library failed at a message. For other faults than these the part may be read all the same. */
  failed(stanza: string, error: unknown): void {
    const part = this.#parts.find((one) => !one.isRead && stanza.includes(`id='${one.message}'`))
    if (part && !part.isFetched && isOfReading(error)) {
      part.lose()
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
  #isOver = false
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

  handed(leave: () => void): void {
    this.isFetched = false
    this.#leave = leave
  }

  wasRead(): void {
    this.isRead = true
    this.#free()
  }

  waitFor(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.lose(), ms).unref()
  }

  /** Said once, by whoever knows first. */
  lose(): void {
    if (!this.#isOver) {
      this.lost()
    }
  }

  /** It is told, or lost. */
  end(): void {
    this.#isOver = true
    this.#free()
  }

  #free(): void {
    clearTimeout(this.#timer)
    this.#leave()
    this.#leave = () => undefined
  }
}

// Nothing else that the library does with a message inflates anything, and what comes out is understood in a file of its own.
function isOfReading(error: unknown): boolean {
  const { code, stack } = (error ?? {}) as { code?: unknown; stack?: unknown }
  return String(code).startsWith('Z_') || code === 'too_much' || /[\\/]Utils[\\/]history\.js/.test(String(stack))
}
