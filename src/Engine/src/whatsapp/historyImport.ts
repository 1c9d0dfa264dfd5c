import { proto } from 'baileys'
import type { Event } from '../rpc/contract.js'
import type { HistoryPart } from './historyParts.js'
import type { Memory } from './memory.js'

type HistoryReceived = Extract<Event, { type: 'historyReceived' }>

const { FULL, INITIAL_BOOTSTRAP, RECENT } = proto.HistorySync.HistorySyncType
/** Of the others their people say everything again with their next message. */
const withMessages = new Set<unknown>([INITIAL_BOOTSTRAP, RECENT, FULL])

/** Whether there are messages in a part that a phone tells by itself. */
export function isOfImport({ syncType }: HistoryPart): boolean {
  return withMessages.has(syncType)
}

/**
 * What a phone tells a new device of its history by itself. Its end is told once, when nothing of it is under way any more, and says whether everything
 * came: only then it can be asked for again. A part is sent once, and the phone was told that it arrived.
 */
export class HistoryImport {
  #isEndOwed = false
  #saidLost = false
  #isOver = false

  /**
   * @param memory Outlives the connection.
   * @param isUnderWay Whether there is a part that was neither read nor lost yet.
   */
  constructor(
    private readonly tell: (event: Event) => void,
    private readonly memory: Pick<Memory, 'lacksHistory'>,
    private readonly isUnderWay: () => boolean,
  ) {}

  /**
   * What was read, without the word that this is all where it is not.
   *
   * @param isLate It was told as lost before, and the end perhaps as well: it says nothing of how far the history is any more.
   */
  honest(event: HistoryReceived, isLate = false): HistoryReceived {
    const { percent, ...rest } = event
    if (isLate) {
      return { ...rest, done: false }
    }
    const isEnd = event.done && !this.isUnderWay()
    this.#isEndOwed = !isEnd && (this.#isEndOwed || event.done)
    const isShown = percent !== undefined && !this.#isEndOwed && (percent !== 100 || !this.#lacksAny)
    return { ...rest, ...(isShown ? { percent } : {}), done: isEnd, ...(isEnd ? this.#end() : {}) }
  }

  /** A part could not be had, or not be read. */
  lost(part: HistoryPart): void {
    this.memory.lacksHistory ||= isOfImport(part)
    this.#isEndOwed ||= part.progress === 100
    this.settle()
  }

  /** Tells the end if it is owed. Called when what was read was told. */
  settle(): void {
    if (this.#isEndOwed && !this.#isOver && !this.isUnderWay()) {
      this.#isEndOwed = false
      this.tell({ type: 'historyReceived', messages: [], done: true, ...this.#end() })
    }
  }

  /** Nobody hears anything any more. What is lost from now on is said on the next connection. */
  end(): void {
    this.#isOver = true
  }

  get #lacksAny(): boolean {
    return this.memory.lacksHistory || this.#saidLost
  }

  #end(): { failed?: 'lost' } {
    this.#saidLost = this.#lacksAny
    this.memory.lacksHistory = false
    return this.#saidLost ? { failed: 'lost' } : {}
  }
}
