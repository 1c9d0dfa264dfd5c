import '../src/quiet.js'
import { setTimeout as delay } from 'node:timers/promises'

// Baileys leaves timers of up to half a minute behind when a socket ends; they must not keep a finished test file waiting.
const start = globalThis.setTimeout
globalThis.setTimeout = Object.assign((action, ms, ...rest) => {
  const timer = start(action, ms, ...rest)
  return ms >= 2_000 ? timer.unref() : timer
}, start)

const { default: makeWASocket, initAuthCreds, BufferJSON, Browsers, proto } = await import('baileys')
const { WhatsAppEmulator } = await import('../src/server.js')

const DEADLINE_MS = 20_000
const silent = { level: 'silent', child: () => silent, trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} }

/** Runs a test against a server of its own, and ends everything that was started. */
export async function withEmulator(test, options) {
  const emulator = new WhatsAppEmulator(options)
  await emulator.start()
  const clients = []
  try {
    await test(emulator, settings => {
      const client = new Client(emulator, settings)
      clients.push(client)
      return client
    })
  } finally {
    for (const client of clients) client.close()
    await emulator.stop()
  }
}

/** Waits until the condition gives something, and fails after a deadline that says what was awaited. */
export async function until(what, condition, deadlineMs = DEADLINE_MS) {
  const end = Date.now() + deadlineMs
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await delay(5)
  }
}

/** An unmodified Baileys client that keeps its credentials in memory across connections, and writes down what it reports. */
export class Client {
  creds = initAuthCreds()
  events = []
  stanzas = []
  messages = new Map()
  #keys = new Map()
  #settings

  constructor(emulator, settings = {}) {
    this.emulator = emulator
    this.#settings = settings
  }

  /** Opens a connection with what is known so far; ends an earlier one. */
  connect() {
    this.close()
    const socket = makeWASocket({
      auth: { creds: this.creds, keys: this.#keyStore() },
      waWebSocketUrl: this.emulator.url,
      browser: Browsers.macOS('Chrome'),
      logger: silent,
      markOnlineOnConnect: false,
      retryRequestDelayMs: 20,
      defaultQueryTimeoutMs: 5_000,
      getMessage: async key => this.messages.get(key.id),
      ...this.#settings
    })
    this.socket = socket
    socket.ws.on('CB:ack,class:message', node => this.stanzas.push(node))
    socket.ev.process(events => {
      for (const [name, data] of Object.entries(events)) {
        if (name === 'connection.update' && this.socket !== socket) continue    // the end of a connection that was given up
        this.events.push({ name, data })
      }
    })
    return socket
  }

  close() {
    const { socket } = this
    this.socket = undefined
    socket?.end(undefined)
  }

  /** The first event of a name that fits and has not been looked at before `from`. */
  seen(name, fits = () => true, from = 0) {
    return this.events.slice(from).find(event => event.name === name && fits(event.data))?.data
  }

  wait = (name, fits, from) => until(`${name} at the client`, () => this.seen(name, fits, from))

  qr = async from => (await this.wait('connection.update', update => update.qr, from)).qr

  closed = async from => (await this.wait('connection.update', update => update.connection === 'close', from)).lastDisconnect.error.output.statusCode

  /** Shows a QR code, lets the phone scan it, and logs in. */
  async pairWith(phone) {
    this.connect()
    const [device] = await Promise.all([phone.scan(await this.qr()), this.closed()])
    await this.open()
    await until('the first sync', () => this.creds.accountSyncCounter > 0)
    return device
  }

  async open() {
    const from = this.events.length
    this.connect()
    await this.wait('connection.update', update => update.connection === 'open', from)
    await this.wait('connection.update', update => update.receivedPendingNotifications, from)
  }

  received(text) {
    return this.upserts.find(message => textOf(message.message) === text)
  }

  get upserts() {
    return this.events.filter(event => event.name === 'messages.upsert').flatMap(event => event.data.messages)
  }

  /** What was received of text messages, in order. */
  get texts() {
    return this.upserts.map(message => textOf(message.message)).filter(Boolean)
  }

  /** The highest status that was reported of an own message, wherever Baileys put it. */
  statusOf(id) {
    const updates = this.events.filter(event => event.name === 'messages.update').flatMap(event => event.data)
    return Math.max(-1,
      ...this.upserts.filter(message => message.key.id === id).map(message => message.status ?? -1),
      ...updates.filter(update => update.key.id === id).map(update => update.update.status ?? -1))
  }

  /** Who told that an own group message arrived. */
  receiversOf = id => new Set(this.#receiptsOf(id).map(receipt => receipt.userJid))

  /** Who told that they have read an own group message. */
  readersOf = id => new Set(this.#receiptsOf(id).filter(receipt => receipt.readTimestamp).map(receipt => receipt.userJid))

  /** Wherever Baileys put them. */
  #receiptsOf(id) {
    const updates = this.events.filter(event => event.name === 'message-receipt.update').flatMap(event => event.data)
    return [
      ...updates.filter(update => update.key.id === id).map(update => update.receipt),
      ...this.upserts.filter(message => message.key.id === id).flatMap(message => message.userReceipt ?? [])
    ]
  }

  /** Loses every session and group key, as a host does that was set back to an older state. */
  forgetSessions() {
    for (const name of this.#keys.keys()) {
      if (name.startsWith('session/') || name.startsWith('sender-key/')) this.#keys.delete(name)
    }
  }

  #keyStore() {
    return {
      get: async (type, ids) => Object.fromEntries(ids.flatMap(id => {
        const value = this.#keys.get(`${type}/${id}`)
        if (value === undefined) return []
        const key = JSON.parse(value, BufferJSON.reviver)
        // As JSON a protobuf message writes its bytes as text.
        return [[id, type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(key) : key]]
      })),
      set: async data => {
        for (const [type, entries] of Object.entries(data)) {
          for (const [id, value] of Object.entries(entries)) {
            if (value === null || value === undefined) this.#keys.delete(`${type}/${id}`)
            else this.#keys.set(`${type}/${id}`, JSON.stringify(value, BufferJSON.replacer))
          }
        }
      }
    }
  }
}

const textOf = message => message?.conversation || message?.extendedTextMessage?.text
