/** The contract with the silo, as `protocol.md` has it. Types and run-time checks come from the same shapes. */
import { bytes, flag, id, int32, integer, list, nullable, number, oneOf, optional, type Shape, ShapeError, struct, text, time, triple, type Of } from './shape.js'

export const protocolVersion = 2

// ---- Shapes

export const Entry = struct({ name: text, value: nullable(bytes) })
export type Entry = Of<typeof Entry>

export const Cursor = struct({ host: text, epoch: integer, sequence: integer })
export type Cursor = Of<typeof Cursor>

export const MessageType = oneOf(
  'text', 'image', 'video', 'audio', 'voice', 'document', 'sticker', 'location', 'contact', 'poll', 'unsupported')
export type MessageType = Of<typeof MessageType>

export const TargetMessage = struct({
  whatsAppId: id, fromMe: flag, participant: optional(id), text: optional(text), type: optional(MessageType), fileName: optional(text),
})
export type TargetMessage = Of<typeof TargetMessage>

/** Who sent a change of a message. `isAdmin`: of the group it was sent to, where the host knows. */
export const MessageSender = struct({ fromMe: flag, participant: optional(id), otherParticipant: optional(id), isAdmin: optional(flag) })
export type MessageSender = Of<typeof MessageSender>

export const Location = struct({ latitude: number, longitude: number, name: optional(text) })
export type Location = Of<typeof Location>

export const RemoteFile = struct({
  locator: bytes,
  mimeType: text,
  fileName: optional(text),
  size: optional(integer),
  durationSeconds: optional(int32),
})
export type RemoteFile = Of<typeof RemoteFile>

export const OutboundMessage = struct({
  kind: oneOf('message', 'reaction', 'edit', 'revoke'),
  whatsAppId: id,
  jid: id,
  type: MessageType,
  text: optional(text),
  file: optional(struct({ path: text, mimeType: text, fileName: optional(text), durationSeconds: optional(int32) })),
  location: optional(Location),
  target: optional(TargetMessage),
  mentions: list(id),
  emoji: optional(text),
})
export type OutboundMessage = Of<typeof OutboundMessage>

export const InboundMessage = struct({
  whatsAppId: id,
  jid: id,
  otherJid: optional(id),
  fromMe: flag,
  participant: optional(id),
  otherParticipant: optional(id),
  pushName: optional(text),
  timestamp: time,
  type: MessageType,
  text: optional(text),
  file: optional(RemoteFile),
  location: optional(Location),
  contacts: list(struct({ name: text, phones: list(text) })),
  poll: optional(struct({ question: text, options: list(text) })),
  replyTo: optional(TargetMessage),
  mentions: list(id),
})
export type InboundMessage = Of<typeof InboundMessage>

export const PresenceState = oneOf('composing', 'recording', 'paused')
export type PresenceState = Of<typeof PresenceState>

/** A number's own way out. `addresses` are all that may be dialled for `host`. */
export const Proxy = struct({
  kind: oneOf('http', 'https', 'socks5'),
  host: text,
  port: integer,
  addresses: list(text),
  user: optional(text),
  password: optional(text),
})
export type Proxy = Of<typeof Proxy>

export const Settings = struct({
  waVersion: optional(triple(integer)),
  browser: triple(text),
  webSocketUrl: optional(text),
  connectTimeoutMs: integer,
  keepAliveMs: integer,
  queryTimeoutMs: integer,
  retryRequestDelayMs: integer,
  qrTimeoutMs: optional(integer),
})
export type Settings = Of<typeof Settings>

// ---- Events

export const events = {
  linkOffered: struct({ qr: optional(text), code: optional(text), expiresAt: time }),
  linkScanned: struct({}),
  linked: struct({ phone: id, lid: optional(id), pushName: optional(text) }),
  opened: struct({ pushName: optional(text) }),
  closed: struct({
    code: int32, until: optional(time), cause: optional(oneOf('whatsapp_unreachable', 'proxy_unreachable', 'proxy_refused', 'credentials_too_large', 'code_refused')),
  }),
  pingLost: struct({}),
  credentialsChanged: struct({ changes: list(Entry) }),
  messageReceived: struct({ message: InboundMessage }),
  historyReceived: struct({
    messages: list(InboundMessage), request: optional(text), percent: optional(int32), done: flag, failed: optional(oneOf('unanswered', 'lost')),
  }),
  serverAcknowledged: struct({ whatsAppId: id, at: time, error: optional(int32) }),
  receiptReceived: struct({
    jid: id, whatsAppIds: list(id), kind: oneOf('delivered', 'read'), at: time, participant: optional(id),
  }),
  chatRead: struct({ jid: id, at: time }),
  reactionReceived: struct({
    jid: id, target: TargetMessage, emoji: text, fromMe: flag, participant: optional(id), at: time,
  }),
  messageEdited: struct({ jid: id, otherJid: optional(id), target: TargetMessage, text, at: time, by: MessageSender }),
  messageRevoked: struct({ jid: id, otherJid: optional(id), target: TargetMessage, at: time, by: MessageSender }),
  aliasLearned: struct({ phoneJid: id, lid: id }),
  named: struct({ jid: id, name: text, saved: flag }),
}

export type EventType = keyof typeof events
export type Event = { [T in EventType]: { type: T } & Of<(typeof events)[T]> }[EventType]
export type EventOf<T extends EventType> = Extract<Event, { type: T }>

export const Event: Shape<Event> = (value, path) => {
  const { type } = struct({ type: text })(value, path)
  if (!(type in events)) {
    throw new ShapeError(`${path}.type`, 'a known kind of event')
  }
  return { type, ...events[type as EventType](value, path) } as Event
}

// ---- Methods

const empty = struct({})
const anything: Shape<unknown> = (value) => value
const nothing: Shape<null> = (value, path) => {
  if (value !== null && value !== undefined) {
    throw new ShapeError(path, 'nothing')
  }
  return null
}

const ofNumber = { number: text, epoch: integer }

/** What the host asks and tells the silo. */
export const toSilo = {
  hello: {
    params: struct({ token: text, version: integer, host: text, pid: integer, engine: text }),
    result: struct({ settings: Settings }),
  },
  loadChanges: { params: struct({ number: text, first: Cursor, part: integer, changes: list(Entry) }), result: nothing },
  deliver: { params: struct({ number: text, first: Cursor, events: list(Event), loaded: optional(integer) }), result: nothing },
  sentMessage: { params: struct({ ...ofNumber, whatsAppId: text }), result: struct({ prepared: nullable(bytes) }) },
  presence: { params: struct({ ...ofNumber, jid: text, participant: optional(text), state: PresenceState }) },
  log: {
    params: struct({
      level: oneOf('debug', 'information', 'warning', 'error'),
      message: text,
      number: optional(text),
      data: optional(anything),
    }),
  },
} as const

/** What the silo asks and tells the host. */
export const toHost = {
  loadCredentials: { params: struct({ ...ofNumber, part: integer, credentials: list(Entry) }), result: nothing },
  open: {
    params: struct({
      ...ofNumber,
      credentials: optional(list(Entry)),
      loaded: optional(integer),
      link: optional(struct({ phone: optional(text) })),
      proxy: optional(Proxy),
    }),
    result: nothing,
  },
  close: { params: struct(ofNumber), result: nothing },
  closeAll: { params: empty, result: nothing },
  offerAgain: { params: empty, result: nothing },
  logOut: { params: struct(ofNumber), result: nothing },
  acknowledge: { params: struct({ ...ofNumber, cursor: Cursor }), result: nothing },
  prepare: { params: struct({ ...ofNumber, message: OutboundMessage }), result: struct({ prepared: bytes }) },
  relay: { params: struct({ ...ofNumber, whatsAppId: text, jid: text, prepared: bytes }), result: nothing },
  resolve: {
    params: struct({ ...ofNumber, phone: text }),
    result: struct({ onWhatsApp: flag, jid: optional(text), lid: optional(text) }),
  },
  fetchMedia: { params: struct({ ...ofNumber, file: RemoteFile, targetPath: text, maxBytes: integer }), result: nothing },
  requestHistory: {
    params: struct({ ...ofNumber, request: text, jid: text, oldest: TargetMessage, oldestAt: time, count: integer }),
    result: nothing,
  },
  markRead: {
    params: struct({ ...ofNumber, jid: text, messages: list(struct({ whatsAppId: text, participant: optional(text) })) }),
    result: nothing,
  },
  setPresence: { params: struct({ ...ofNumber, jid: text, state: PresenceState }), result: nothing },
  heartbeat: { params: empty },
  status: {
    params: empty,
    result: struct({ numbers: integer, open: integer, memoryBytes: integer, loopDelayMs: number }),
  },
  shutdown: { params: empty, result: nothing },
} as const

/** What somebody in a chat does at this moment. */
export type Presence = Omit<Of<(typeof toSilo)['presence']['params']>, 'number' | 'epoch'>

export type HostMethod = keyof typeof toHost
export type Params<M extends HostMethod> = Of<(typeof toHost)[M]['params']>

// ---- Errors

export const errorCode = -32001
export const ErrorData = struct({
  error: oneOf('staleEpoch', 'notConnected', 'rejected', 'gone', 'unavailable', 'notSent'),
  code: optional(text),
})
export type EngineErrorName = Of<typeof ErrorData>['error']

/** Why the host could not do what it was told; travels with its name. */
export class EngineError extends Error {
  constructor(readonly error: EngineErrorName, message: string, readonly code?: string) {
    super(message)
    this.name = 'EngineError'
  }
}
