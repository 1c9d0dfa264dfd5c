import type { Log } from '../log/log.js'
import { describeFault, redact } from '../log/redact.js'

interface LibraryLog {
  level: string
  child(): LibraryLog
  trace(): void
  debug(): void
  info(): void
  warn(data: unknown, message?: string): void
  error(data: unknown, message?: string): void
}

/** How a connection ended is told with its end, and linking ends one on purpose. */
const toldElsewhere = new Set(['stream errored out'])

/** What the library says of a log-in at which the network did not hear that messages may come. It goes on as if nothing were wrong. */
export const notActive = 'failed to send initial passive iq'
/** What it says of a message that it could not handle, with whatever it was about to tell of it. */
export const notHandled = 'error in handling message'

/**
 * The library's warnings and errors, without the data it gives along: keys, stanzas and texts are among it.
 * @param said Hears of each: there are failures of which the library tells nobody else.
 */
export function libraryLog(log: Log, said: (text: string, data: unknown) => void = () => undefined): LibraryLog {
  const tell = (level: 'warning' | 'error') => (data: unknown, message?: string) => {
    const text = message ?? (typeof data === 'string' ? data : 'no message')
    said(text, data)
    log(toldElsewhere.has(text) ? 'information' : level, redact(text), undefined, faultIn(data))
  }
  const nothing = () => undefined
  const made: LibraryLog = {
    level: 'warn', child: () => made, trace: nothing, debug: nothing, info: nothing, warn: tell('warning'), error: tell('error'),
  }
  return made
}

function faultIn(data: unknown): Record<string, unknown> | undefined {
  if (typeof data !== 'object' || data === null) {
    return undefined
  }
  const fault = Object.values(data).find((value) => value instanceof Error)
  return fault ? describeFault(fault) : undefined
}
