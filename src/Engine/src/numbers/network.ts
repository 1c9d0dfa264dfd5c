import type { Log } from '../log/log.js'
import type { Entry, Event, EventOf, OutboundMessage, Params, Presence, PresenceState, Proxy, Settings } from '../rpc/contract.js'

/** The one seam to the messaging network: the hosted numbers know no more of it than this. */
export interface Network {
  /** Begins to connect and returns at once. What happens is told through the port. */
  connect(request: ConnectRequest, port: Port): Session
}

export interface ConnectRequest {
  number: string
  settings: Settings
  /** Everything known of the device; undefined links a new one. */
  credentials: Entry[] | undefined
  link: { phone?: string | undefined } | undefined
  proxy: Proxy | undefined
  /** What outlives a connection of this number; the network keeps there what it likes. */
  memory: Map<string, unknown>
}

/** What a session may say about itself, and ask. */
export interface Port {
  /** Events that stay together, in order. */
  tell(...events: Event[]): void
  /** The same, and resolves when they are stored. */
  store(...events: Event[]): Promise<void>
  /** The connection is over; the last thing a session says. */
  closed(code: number, more?: Pick<EventOf<'closed'>, 'until' | 'cause'>): void
  sentMessage(whatsAppId: string): Promise<Buffer | undefined>
  /** Has no place among the events: it is not stored, and lost when nobody hears it. */
  presence(presence: Presence): void
  log: Log
}

export interface FetchLimits {
  maxBytes: number
  /** Nobody waits for the file any more. */
  signal: AbortSignal
}

/** One connection. Everything but `end` and `abandon` needs it to be open. */
export interface Session {
  readonly isOpen: boolean
  prepare(message: OutboundMessage): Promise<Uint8Array>
  relay(whatsAppId: string, jid: string, prepared: Uint8Array): Promise<void>
  resolve(phone: string): Promise<{ onWhatsApp: boolean; jid?: string | undefined; lid?: string | undefined }>
  fetchMedia(file: Params<'fetchMedia'>['file'], targetPath: string, limits: FetchLimits): Promise<void>
  requestHistory(request: Params<'requestHistory'>): Promise<void>
  markRead(jid: string, messages: Params<'markRead'>['messages']): Promise<void>
  setPresence(jid: string, state: PresenceState): Promise<void>
  /** Takes the device off the account; the connection then closes by itself and says so. */
  logOut(): Promise<void>
  /** Closes without logging out. What is still buffered is told before; `closed` is not. */
  end(): Promise<void>
  /** Closes at once and says nothing more. */
  abandon(): void
}
