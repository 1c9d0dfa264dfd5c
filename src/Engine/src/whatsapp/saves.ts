import type { Device } from '../credentials/device.js'
import { bare } from '../messages/address.js'
import { never, within } from '../numbers/deadline.js'
import type { Port } from '../numbers/network.js'
import type { Entry, Event } from '../rpc/contract.js'
import type { Journal } from './journal.js'
import type { Lifetime } from './lifetime.js'

const storeLimitMs = 30_000

/** What saving needs of its connection. */
export interface Savings {
  device: Pick<Device, 'creds' | 'credsEntry' | 'isLinked'>
  journal: Pick<Journal, 'take'>
  port: Pick<Port, 'store'>
  lifetime: Pick<Lifetime, 'isOver'>
  tell(...events: Event[]): void
  /** Ends the connection, because what it goes on with would not be stored. */
  giveUp(why: string): void
}

/** Has the silo store what a device must not forget: its keys before the library goes on with them, and what it is. */
export class Saves {
  #linked: boolean
  #isDirty = false

  constructor(private readonly savings: Savings) {
    this.#linked = savings.device.isLinked
  }

  /** The library's hook for writes: returns only when everything is stored, and otherwise never. */
  async store(changes: Entry[], before: Event[] = this.savings.journal.take()): Promise<void> {
    const { device, lifetime, port, giveUp } = this.savings
    if (!device.isLinked) {
      return
    }
    const events: Event[] = [...before, ...(changes.length > 0 ? [{ type: 'credentialsChanged' as const, changes }] : [])]
    if (lifetime.isOver || !(await within(storeLimitMs, port.store(...events)))) {
      giveUp('changes of credentials were not stored in time')
      await never()
    }
  }

  /** What the device is has changed. Several updates of one turn become one; the last one of a connection is saved when it closes. */
  changed(): void {
    const { device } = this.savings
    if (!device.isLinked) {
      return
    }
    if (!this.#linked) {
      this.#linked = true
      this.#tellLinked()
      return
    }
    if (!this.#isDirty) {
      this.#isDirty = true
      queueMicrotask(() => this.flush())
    }
  }

  /** Saves what has changed and is not saved yet. */
  flush(): void {
    if (this.#isDirty) {
      this.#isDirty = false
      this.savings.tell(this.#whatItIs())
    }
  }

  #tellLinked(): void {
    const { device, tell } = this.savings
    const { me } = device.creds
    const phone = bare(me?.id)?.split('@')[0] ?? ''
    const lid = bare(me?.lid)
    tell({ type: 'linkScanned' })
    tell({ type: 'linked', phone, ...(lid ? { lid } : {}), ...(me?.name && me.name !== '~' ? { pushName: me.name } : {}) }, this.#whatItIs())
  }

  #whatItIs(): Event {
    return { type: 'credentialsChanged', changes: [this.savings.device.credsEntry()] }
  }
}
