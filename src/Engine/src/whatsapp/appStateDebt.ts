import { ALL_WA_PATCH_NAMES, type WASocket } from 'baileys'
import type { Log } from '../log/log.js'
import { describeFault } from '../log/redact.js'
import type { Lifetime } from './lifetime.js'
import type { Memory } from './memory.js'

/** After which milliseconds it is asked for, from one try to the next; the next connection begins anew. Each stops sending while it lasts. */
const waits = [10_000, 60_000, 5 * 60_000, 30 * 60_000]

/** What asking again needs of its connection. */
export interface Owed {
  socket: Pick<WASocket, 'resyncAppState'>
  log: Log
  memory: Pick<Memory, 'owesAppState'>
  lifetime: Pick<Lifetime, 'isOver'>
  /** Whether the number is logged in, and the connection not about to end. */
  isReady(): boolean
}

/**
 * Asks once more for the phone's settings and address book where a file of them could not be had. The library leaves it at that until the phone changes
 * something else of the same kind, and confirms to the network that it heard of the change. To ask for what did not change costs one question.
 */
export class AppStateDebt {
  #tries = 0
  #timer: NodeJS.Timeout | undefined
  #isAsking = false

  constructor(private readonly owed: Owed) {}

  opened(): void {
    if (this.owed.memory.owesAppState) {
      this.#later()
    }
  }

  /** A file could not be had. */
  lost(): void {
    this.owed.memory.owesAppState = true
    if (!this.#isAsking) {
      this.#later()
    }
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #later(): void {
    const wait = waits[this.#tries]
    if (this.#timer || wait === undefined || this.owed.lifetime.isOver) {
      return
    }
    this.#tries++
    this.#timer = setTimeout(() => void this.#ask(), wait).unref()
  }

  async #ask(): Promise<void> {
    const { socket, log, memory, lifetime, isReady } = this.owed
    this.#timer = undefined
    this.#isAsking = true
    memory.owesAppState = false
    try {
      if (!isReady()) {
        throw new Error('The number is not connected.')
      }
      await socket.resyncAppState(ALL_WA_PATCH_NAMES, false)
    } catch (error) {
      memory.owesAppState = true
      if (!lifetime.isOver) {
        log('warning', 'the settings and the address book of the phone could not be had', undefined, describeFault(error))
      }
    }
    this.#isAsking = false
    if (memory.owesAppState) {
      this.#later()
    } else {
      this.#tries = 0
    }
  }
}
