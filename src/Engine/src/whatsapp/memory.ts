import { Bounded } from './bounded.js'
import { Groups } from './groups.js'
import { Retries } from './retries.js'

const answersRemembered = 1_000
/** As often a receipt is left to the next connection; what the network says of it then is taken for its last word. */
const mostPutOff = 3
/** For all receipts together in an hour: a connection that ends again and again is of no use to anybody. */
const mostInAnHour = 12
const hourMs = 60 * 60_000
/** Of a number; so many names take 0.8 MB. */
export const devicesRemembered = 10_000

/** What a number remembers from one connection to the next: how often it answered a retry, who is in its groups, and with whom its sessions are good. */
export class Memory {
  readonly retries = new Retries()
  readonly groups = new Groups()
  readonly #putOff = new Bounded<number>(answersRemembered)
  /** When, in the last hour. */
  #putOffs: number[] = []

  /** Devices with which a session was begun since the credentials came here. */
  readonly begunWith = new Bounded<true>(devicesRemembered)

  /** A part of the history that the phone tells a new device could not be had, and the last one has not come yet. */
  lacksHistory = false
  /** Whether a file of the phone's settings and address book could not be had. */
  owesAppState = false

  static of(shared: Map<string, unknown>): Memory {
    const known = shared.get('whatsapp') ?? new Memory()
    shared.set('whatsapp', known)
    return known as Memory
  }

  /** Whether an answer that cannot be given now may be left to the next connection. */
  putOff(answer: string): boolean {
    const now = performance.now()
    const times = this.#putOff.get(answer) ?? 0
    this.#putOffs = this.#putOffs.filter((at) => now - at < hourMs)
    if (times >= mostPutOff || this.#putOffs.length >= mostInAnHour) {
      return false
    }
    this.#putOff.set(answer, times + 1)
    this.#putOffs.push(now)
    return true
  }
}
