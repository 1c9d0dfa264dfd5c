export type Level = 'debug' | 'information' | 'warning' | 'error'

/** Where the host says what happened. The data holds only what `redact` lets through. */
export type Log = (level: Level, message: string, number?: string, data?: Record<string, unknown>) => void
