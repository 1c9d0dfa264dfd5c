import type { SignalRepositoryWithLIDStore, WASocket } from 'baileys'

/** How long the other side may take to close its end of a connection that is over. */
const goodbyeMs = 1_000

/**
 * The same repository. The first thing that the library does when it ends is to close this; then it waits half a minute for the other side to say
 * goodbye, before it tells that the connection is over. Whoever does not answer a ping never says it.
 */
export function withoutLongGoodbye(repository: SignalRepositoryWithLIDStore, line: () => WASocket['ws']): SignalRepositoryWithLIDStore {
  return {
    ...repository,
    close: () => {
      repository.close?.()
      const ws = line()
      const { socket } = ws as unknown as { socket: { terminate(): void } | null }
      const limit = setTimeout(() => socket?.terminate(), goodbyeMs).unref()
      ws.once('close', () => clearTimeout(limit))
    },
  }
}
