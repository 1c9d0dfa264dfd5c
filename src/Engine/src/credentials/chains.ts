/** As many as the protocol's own libraries keep. */
const closedChains = 5
const receiving = 2

interface Chain {
  chainType: number
  /** Without a key it is closed: of the messages that came over it, it reads only those that it skipped. */
  chainKey: { key?: unknown }
}

/**
 * The sessions with one device without the chains that are long over. The library closes one with each turn of a conversation and keeps
 * them all, so that a number which talks a lot would grow until nothing holds it.
 */
export function withoutOldChains(record: unknown): unknown {
  const { _sessions: sessions } = (record ?? {}) as { _sessions?: Record<string, { _chains?: Record<string, Chain> }> }
  if (!sessions) {
    return record
  }
  const kept = Object.entries(sessions).map(([key, session]) => [key, session._chains ? { ...session, _chains: recent(session._chains) } : session])
  return { ...(record as object), _sessions: Object.fromEntries(kept) as unknown }
}

// They stand in the order in which they began.
function recent(chains: Record<string, Chain>): Record<string, Chain> {
  const closed = Object.keys(chains).filter((key) => chains[key]?.chainType === receiving && !chains[key]?.chainKey.key)
  const old = new Set(closed.slice(0, -closedChains))
  return Object.fromEntries(Object.entries(chains).filter(([key]) => !old.has(key)))
}
