import { type BaileysEventMap, DEFAULT_CONNECTION_CONFIG, getHistoryMsg } from 'baileys'
import { isInflatable } from './inflating.js'
import type { HistoryPart } from './wholeFiles.js'

/** Says which announced parts of the history are read: the library would fetch what anybody announces, and looks at who it was only afterwards. */
export class HistoryParts {
  #forged: HistoryPart | undefined

  /**
   * @param expect Called for each part that the library reads next.
   * @param lost Called for each of our phone's that nobody will ever read.
   */
  constructor(private readonly expect: (part: HistoryPart) => void, private readonly lost: (part: HistoryPart) => void) {}

  /** The library tells messages before it looks for announcements in them. Somebody else than the owner has no say in what the history is. */
  told({ messages }: BaileysEventMap['messages.upsert']): void {
    this.#forged = messages.filter(({ key }) => !key.fromMe).map(({ message }) => message && getHistoryMsg(message)).find((part) => part) ?? undefined
  }

  /** For the library. */
  isRead(part: HistoryPart): boolean {
    if (part === this.#forged) {
      return false
    }
    const { initialHistBootstrapInlinePayload: inline } = part
    if (inline?.length && !isInflatable(inline)) {
      this.lost(part)
      return false
    }
    const isWanted = DEFAULT_CONNECTION_CONFIG.shouldSyncHistoryMessage(part)
    if (isWanted) {
      this.expect(part)
    }
    return isWanted
  }
}
