import { stanza } from './stanza.js'

const FILES = {
  image: 'image', video: 'video', audio: 'audio', document: 'document', sticker: 'sticker', history: 'md-msg-hist', 'app-state': 'md-app-state'
}

/** Every fault by its kind: what goes wrong at once, and what is planned for the next occasion. */
const KINDS = {
  'ack-late': (emulator, { phone, count, ms }) => emulator.faults.plan({ at: 'ack', phone, count, kind: 'late', ms: positive(ms, 'ms') }),
  'ack-held': (emulator, { phone, about, count }) => {
    if (about !== undefined) emulator.phone(about)
    emulator.faults.plan({ at: 'ack', phone, about, count, kind: 'held' })
  },
  'ack-lost': (emulator, { phone, count, delivered }) => emulator.faults.plan({ at: 'ack', phone, count, kind: 'lost', delivered }),
  'ack-double': (emulator, { phone, count }) => emulator.faults.plan({ at: 'ack', phone, count, kind: 'double' }),
  'ack-error': (emulator, { phone, count, code }) => emulator.faults.plan({ at: 'ack', phone, count, kind: 'error', code: positive(code, 'code') }),
  'login-failure': (emulator, { phone, count, code, attrs }) =>
    emulator.faults.plan({ at: 'login', phone, count, code: positive(code, 'code'), attrs }),
  'query-error': (emulator, { phone, count, query, code }) =>
    emulator.faults.plan({ at: `query ${named(query)}`, phone, count, kind: 'error', code: positive(code, 'code') }),
  'query-drop': (emulator, { phone, count, query }) => emulator.faults.plan({ at: `query ${named(query)}`, phone, count, kind: 'drop' }),
  'query-silent': (emulator, { phone, count, query, about }) => {
    if (about !== undefined) emulator.phone(about)
    emulator.faults.plan({ at: `query ${named(query)}`, phone, about, count, kind: 'silent' })
  },
  'keys-refused': (emulator, { phone, count, about, code }) =>
    emulator.faults.plan({ at: 'keys', phone, about: device(emulator, about), count, kind: 'refused', code: positive(code, 'code') }),
  'keys-omitted': (emulator, { phone, count, about }) =>
    emulator.faults.plan({ at: 'keys', phone, about: device(emulator, about), count, kind: 'omitted' }),
  'file-cut': (emulator, { phone, count, file, after = 0 }) =>
    emulator.faults.plan({ at: 'file', phone, about: kindOf(file), count, kind: 'cut', after: notNegative(after, 'after') }),
  'file-stalled': (emulator, { phone, count, file, after = 0 }) =>
    emulator.faults.plan({ at: 'file', phone, about: kindOf(file), count, kind: 'stalled', after: notNegative(after, 'after') }),
  'file-refused': (emulator, { phone, count, file, code }) =>
    emulator.faults.plan({ at: 'file', phone, about: kindOf(file), count, kind: 'refused', code: status(code) }),
  'history-spoilt': (emulator, { phone, count }) => emulator.faults.plan({ at: 'history', phone, count }),
  dirty: (emulator, { phone, count }) => emulator.faults.plan({ at: 'dirty', phone, count }),
  'swallow-repeats': (emulator, { on = true }) => { emulator.faults.swallowRepeats = on },
  compress: (emulator, { over }) => { emulator.faults.compressOver = positive(over, 'over') },
  release: emulator => emulator.faults.release(),
  drop: now(connection => connection.drop()),
  'pre-keys-low': now(connection => connection.device.runLow()),
  freeze: now(connection => connection.freeze()),
  replaced: now(connection => connection.close(stanza('stream:error', {}, [stanza('conflict', { type: 'replaced' })]))),
  downgrade: now(connection => connection.close(stanza('ib', {}, [stanza('downgrade_webclient')]))),
  failure: now((connection, { code, attrs }) => connection.fail(positive(code, 'code'), attrs)),
  'stream-error': now((connection, { code }) => connection.streamError(positive(code, 'code')))
}

export function planFault(emulator, { kind, ...fault }) {
  if (!Object.hasOwn(KINDS, kind ?? '')) throw new RangeError(`kind: one of ${Object.keys(KINDS).join(', ')}`)
  if (fault.phone !== undefined && fault.phone !== 'all') emulator.phone(fault.phone)
  return KINDS[kind](emulator, fault.phone === 'all' ? { ...fault, phone: undefined } : fault)
}

/** Something that happens to the open connections of a phone, or of everybody. */
function now(act) {
  return (emulator, fault) => {
    const connections = emulator.connectionsOf(fault.phone ?? 'all')
    if (connections.length === 0) throw new RangeError('no such connection')
    for (const connection of connections) act(connection, fault)
  }
}

function device(emulator, jid) {
  if (!emulator.accounts.findDevice(jid)) throw new RangeError('about: the address of a device')
  return jid
}

function named(query) {
  if (typeof query !== 'string') throw new RangeError('query: its type, namespace and first child')
  return query
}

/** What the media server calls a kind of file; undefined for any. */
function kindOf(file) {
  if (file === undefined) return undefined
  if (!Object.hasOwn(FILES, file)) throw new RangeError(`file: one of ${Object.keys(FILES).join(', ')}`)
  return FILES[file]
}

function status(code) {
  if (!Number.isInteger(code) || code < 400 || code > 599) throw new RangeError('code: a status of HTTP from 400 to 599')
  return code
}

function notNegative(value, name) {
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`${name}: a whole number`)
  return value
}

function positive(value, name) {
  if (!Number.isInteger(value) || value <= 0) throw new RangeError(`${name}: a whole number above 0`)
  return value
}
