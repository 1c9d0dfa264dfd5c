import type { SignalRepositoryWithLIDStore } from 'baileys'

/** What the library is told of the sessions that there are. */
export class SessionLooks {
  /** The repository that was wrapped, which says what there is. */
  honest!: SignalRepositoryWithLIDStore

  /** @param isRefused Whether the network has no keys to give of a device. */
  constructor(private readonly isRefused: (device: string) => boolean) {}

  /**
   * The library asks for the keys of all devices without a session in one question, and where one of them has none it writes to nobody. For such a
   * device it is told that there is one: then it finds that it cannot encrypt with it, and leaves out this device alone.
   */
  wrap(repository: SignalRepositoryWithLIDStore): SignalRepositoryWithLIDStore {
    this.honest = repository
    return {
      ...repository,
      validateSession: async (device) => this.isRefused(device) ? { exists: true } : await repository.validateSession(device),
    }
  }
}
