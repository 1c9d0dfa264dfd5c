import { AsyncLocalStorage } from 'node:async_hooks'
import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, type WASocket } from 'baileys'

/** For one that the library makes while it holds the number's keys: until it is over nothing else of the number can be sent. */
const holdingLimitMs = 8_000
/** Of the library's own patience: what it waited for in vain it takes for an answer without content, such as a person without devices. */
const patienceShare = 0.8
const answer = /^TAG:/

interface Wanted {
  until: number
  /** For each question by itself. */
  each?: number
  failed?: (code: number) => void
}

const limits = new AsyncLocalStorage<Wanted>()

/**
 * Ends what the library asks the network before it stops waiting by itself, which takes a minute. It cannot be told to wait less for one
 * question than for another, and does not hand them out; so each is known by the listener that waits for its answer, and hears
 * of a failure in its place.
 */
export class Queries {
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #watches = new Map<string, (answer: BinaryNode) => void>()

  /** @param isHolding Whether whoever asks now holds the number's keys meanwhile. */
  constructor(private readonly ws: WASocket['ws'], private readonly queryTimeoutMs: number, private readonly isHolding: () => boolean) {
    ws.on('newListener', (event: string | symbol) => this.#asked(String(event)))
    ws.on('removeListener', (event: string | symbol) => this.#over(String(event)))
  }

  /** Does work all of whose questions fail when they are not answered within so many milliseconds from now. */
  within<R>(limitMs: number, work: () => Promise<R>): Promise<R> {
    return limits.run({ until: performance.now() + this.#atMost(limitMs) }, work)
  }

  /** Does work each of whose questions fails when it is not answered: the library would take that for an answer, and go on. */
  answered<R>(work: () => Promise<R>): Promise<R> {
    return limits.run({ until: Infinity, each: Infinity }, work)
  }

  /**
   * Does work each of whose questions fails when it is not answered in time, however late it is asked.
   * @param failed Is told the code of each failure before whoever asked hears of it.
   */
  watched<R>(failed: (code: number) => void, work: () => Promise<R>): Promise<R> {
    return limits.run({ until: Infinity, each: holdingLimitMs, failed }, work)
  }

  #atMost(limitMs: number): number {
    return Math.min(limitMs, this.queryTimeoutMs * patienceShare)
  }

  #asked(event: string): void {
    if (!answer.test(event) || this.#watches.has(event)) {
      return
    }
    const wanted = limits.getStore()
    if (wanted?.failed) {
      this.#watch(event, wanted.failed)
    }
    const left = wanted ? wanted.until - performance.now() : Infinity
    const alone = wanted?.each === undefined ? Infinity : this.#atMost(wanted.each)
    const held = this.isHolding() ? this.#atMost(holdingLimitMs) : Infinity
    const limitMs = Math.min(left, alone, held)
    if (limitMs < Infinity) {
      this.#timers.set(event, setTimeout(() => this.ws.emit(event, unanswered), Math.max(0, limitMs)).unref())
    }
  }

  #over(event: string): void {
    clearTimeout(this.#timers.get(event))
    this.#timers.delete(event)
    const watch = this.#watches.get(event)
    if (watch) {
      this.#watches.delete(event)
      this.ws.off(event, watch)
    }
  }

  // Before the library listens itself.
  #watch(event: string, failed: (code: number) => void): void {
    const watch = (answer: BinaryNode) => {
      const code = codeIn(answer)
      if (code !== undefined) {
        failed(code)
      }
    }
    this.#watches.set(event, watch)
    this.ws.on(event, watch)
  }
}

const late = 408

const unanswered: BinaryNode = {
  tag: 'iq',
  attrs: { type: 'error' },
  content: [{ tag: 'error', attrs: { code: `${late}`, text: 'The network did not answer in time.' } }],
}

/** With which code the library fails at an answer: that of the question, or of one of those whom it is about. */
function codeIn(answer: BinaryNode): number | undefined {
  const errors = [answer, ...getBinaryNodeChildren(getBinaryNodeChild(answer, 'list'), 'user')].flatMap((node) => getBinaryNodeChild(node, 'error') ?? [])
  return errors[0] && Number(errors[0].attrs['code'])
}

/** Whether the library failed because the network did not answer. */
export function isUnanswered(error: unknown): boolean {
  return (error as { data?: unknown } | undefined)?.data === late
}
