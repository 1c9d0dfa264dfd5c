import { DEFAULT_CONNECTION_CONFIG, type SocketConfig } from 'baileys'
import type { Log } from '../log/log.js'
import type { Settings } from '../rpc/contract.js'
import { libraryLog } from './libraryLog.js'

/** What of the library's configuration is the same for every connection with these settings. */
export function toConfig(settings: Settings, log: Log): Omit<SocketConfig, 'auth'> {
  return {
    ...DEFAULT_CONNECTION_CONFIG,
    logger: libraryLog(log),
    browser: settings.browser,
    ...(settings.waVersion ? { version: settings.waVersion } : {}),
    ...(settings.webSocketUrl ? { waWebSocketUrl: settings.webSocketUrl } : {}),
    ...(settings.qrTimeoutMs == null ? {} : { qrTimeout: settings.qrTimeoutMs }),
    connectTimeoutMs: settings.connectTimeoutMs,
    keepAliveIntervalMs: settings.keepAliveMs,
    defaultQueryTimeoutMs: settings.queryTimeoutMs,
    retryRequestDelayMs: settings.retryRequestDelayMs,
    // Else the phone stops telling its owner about new messages. This is not all that it takes: see stayUnavailable.
    markOnlineOnConnect: false,
    emitOwnEvents: false,
    syncFullHistory: false,
    maxMsgRetryCount: 5,
  }
}
