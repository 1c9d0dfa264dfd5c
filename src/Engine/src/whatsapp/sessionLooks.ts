import { createRequire } from 'node:module'
import { isHostedPnUser, isPnUser, type SignalRepositoryWithLIDStore } from 'baileys'
import type { Device } from '../credentials/device.js'

interface SessionRecords {
  deserialize(stored: unknown): { haveOpenSession(): boolean }
}

const records = createRequire(import.meta.resolve('baileys'))('libsignal/src/session_record.js') as SessionRecords

/** What the library is told of the sessions that there are. */
export class SessionLooks {
  /** The repository that was wrapped, which says what there is. */
  honest!: SignalRepositoryWithLIDStore

  /** @param isRefused Whether the network has no keys to give of a device. */
  constructor(private readonly keys: Pick<Device, 'get'>, private readonly isRefused: (device: string) => boolean) {}

  /**
   * The library asks for the keys of all devices without a session in one question, and where one of them has none it writes to nobody. For such a
   * device it is told that there is one: then it finds that it cannot encrypt with it, and leaves out this device alone.
   *
   * And it looks in the middle of a transaction, which goes on with what it finds until its end: what was read of that device meanwhile would be
   * undone. So this look leaves nothing behind, and the session is read when it is stepped on.
   */
  wrap(repository: SignalRepositoryWithLIDStore): SignalRepositoryWithLIDStore {
    this.honest = repository
    return {
      ...repository,
      validateSession: async (device) => {
        if (this.isRefused(device)) {
          return { exists: true }
        }
        const isNumber = isPnUser(device) || isHostedPnUser(device)
        const address = repository.jidToSignalProtocolAddress((isNumber ? await repository.lidMapping.getLIDForPN(device) : undefined) ?? device)
        const { [address]: stored } = this.keys.get('session', [address])
        // What is not there leaves nothing behind either, and may be there within the transaction.
        return stored === undefined ? await repository.validateSession(device) : { exists: this.#isOpen(stored) }
      },
    }
  }

  #isOpen(stored: unknown): boolean {
    try {
      return records.deserialize(stored).haveOpenSession()
    } catch {
      return false
    }
  }
}
