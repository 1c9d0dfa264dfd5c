/** What the process has run out of: whatever it does next would fail as well. */
const exhausted = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_OUT_OF_MEMORY'])

/**
 * Whether the process has to end for what nobody caught. An exception leaves whatever it interrupted half done, so it does.
 * A rejected promise is a piece of work that failed by itself, mostly one that the library began for a single number and never
 * awaited: two hundred others must not pay for that. It ends the process only where there is nothing left to go on with.
 */
export function isFatal(fault: unknown, origin: NodeJS.UncaughtExceptionOrigin): boolean {
  if (origin === 'uncaughtException') {
    return true
  }
  const { code } = (fault ?? {}) as { code?: unknown }
  return (typeof code === 'string' && exhausted.has(code)) || (fault instanceof RangeError && /allocation failed/i.test(fault.message))
}
