import {
  type BaileysEventMap, type BinaryNode, DEFAULT_CONNECTION_CONFIG, makeWASocket, type SignalKeyStoreWithTransaction, type SocketConfig, type WASocket,
} from 'baileys'
import { Device } from '../credentials/device.js'
import { describeFault } from '../log/redact.js'
import type { ConnectRequest, FetchLimits, Port, Session } from '../numbers/network.js'
import { EngineError, type Event, type OutboundMessage, type Params, type PresenceState, type Settings } from '../rpc/contract.js'
import { Answers } from './answers.js'
import { AppStateDebt } from './appStateDebt.js'
import { stayUnavailable } from './availability.js'
import { BegunSessions } from './begunSessions.js'
import { isPingLost, notTheNetwork, toClosing } from './closing.js'
import { Commands, questionLimitMs } from './commands.js'
import { toConfig } from './config.js'
import { eachOnce } from './eachOnce.js'
import { Encryptions } from './encryptions.js'
import { withoutLongGoodbye } from './goodbye.js'
import { hearFirst } from './heardFirst.js'
import { History } from './history.js'
import { Incoming } from './incoming.js'
import { Journal } from './journal.js'
import { KeysFirst } from './keysFirst.js'
import { KnownDevices } from './knownDevices.js'
import { libraryLog, notActive, notHandled } from './libraryLog.js'
import { Lifetime } from './lifetime.js'
import { LinkOffers } from './linkOffers.js'
import { aroundListeners } from './listeners.js'
import { Memory } from './memory.js'
import { askForCode } from './pairingCode.js'
import { preKeysFirst } from './preKeysFirst.js'
import { directly, ProxyFault, through } from './proxy.js'
import { isUnanswered, Queries } from './queries.js'
import { Reader } from './reader.js'
import { Recipients } from './recipients.js'
import { toPresences, toReports } from './reports.js'
import { Saves } from './saves.js'
import { Sender } from './sender.js'
import { SessionLooks } from './sessionLooks.js'
import { withOwnQueue } from './signalQueues.js'
import { endWithWork } from './transactions.js'
import { inTurns } from './turns.js'
import { WholeFiles } from './wholeFiles.js'

/** Of the time that connecting may take, so that a proxy that says nothing is named before the library gives up. */
const wayOutShare = 0.75
/** Of all numbers without a proxy. */
const direct = directly()

type State = 'connecting' | 'open' | 'ending' | 'over'

/** One connection of one number through the library. */
export class WhatsAppSession implements Session {
  readonly #socket: WASocket
  readonly #device: Device
  readonly #reader: Reader
  readonly #journal: Journal
  readonly #keysFirst: KeysFirst
  readonly #saves: Saves
  readonly #memory: Memory
  readonly #knownDevices: KnownDevices
  readonly #begunSessions: BegunSessions
  readonly #sessionLooks: SessionLooks
  readonly #encryptions = new Encryptions((device) => this.#begunSessions.failed(device))
  readonly #history: History
  readonly #appStateDebt: AppStateDebt
  readonly #files: WholeFiles
  readonly #isDirect: boolean
  readonly #queries: Queries
  readonly #recipients: Recipients
  readonly #sender: Sender
  readonly #commands: Commands
  readonly #answers: Answers
  readonly #incoming: Incoming
  readonly #lifetime = new Lifetime()
  readonly #linkOffers: LinkOffers
  #state: State = 'connecting'
  /** The network tells this connection nothing, though it answers it. */
  #isDeaf = false

  // The credentials are many, and the device has them now: the request is not kept.
  constructor({ credentials, settings, link, proxy, memory }: ConnectRequest, private readonly port: Port) {
    this.#memory = Memory.of(memory)
    this.#memory.retries.begin()
    if (link) {
      this.#memory.lacksHistory = false
    }
    this.#history = new History((event) => this.#tell(event), this.#memory, () => this.#reader.me)
    this.#device = new Device(credentials, (changes) => this.#saves.store(changes))
    this.#knownDevices = new KnownDevices(this.#device)
    this.#sessionLooks = new SessionLooks(this.#device, (device) => this.#begunSessions.isRefused(device))
    this.#reader = new Reader(this.#device, port.log, (jid) => this.#memory.groups.get(jid))
    this.#journal = new Journal((stanza, plaintext) => this.#reader.read(stanza, plaintext), (stanza) => this.#reader.unread(stanza))
    this.#keysFirst = new KeysFirst(this.#device)
    this.#saves = new Saves({
      device: this.#device,
      journal: this.#journal,
      port,
      lifetime: this.#lifetime,
      tell: (...events) => this.#tell(...events),
      giveUp: (why) => this.#giveUp(why),
    })
    this.#isDirect = !proxy
    const wayOut = proxy ? through(proxy, settings.connectTimeoutMs * wayOutShare) : undefined
    const downloads = wayOut?.dispatcher ?? direct
    this.#files = new WholeFiles(downloads, this.#history.parts, () => this.#appStateDebt.lost())
    const config = {
      ...this.#config(settings),
      ...(wayOut ? { agent: wayOut.agent, fetchAgent: wayOut.agent } : {}),
      options: { dispatcher: this.#files } as unknown as RequestInit,
    }
    this.#socket = makeWASocket(config)
    this.#appStateDebt = new AppStateDebt({
      socket: this.#socket,
      log: port.log,
      memory: this.#memory,
      lifetime: this.#lifetime,
      isReady: () => this.isOpen,
    })
    this.#begunSessions = new BegunSessions(
      { query: this.#socket.query, signalRepository: this.#sessionLooks.honest }, this.#device, this.#memory, port.log)
    this.#listen()
    const { ws, authState } = this.#socket
    this.#queries = new Queries(ws, settings.queryTimeoutMs, () => authState.keys.isInTransaction() && !this.#journal.isReading)
    this.#recipients = new Recipients(
      this.#socket, this.#device, this.#memory, this.#knownDevices, this.#socket.signalRepository.lidMapping, this.#begunSessions, port.log)
    this.#sender = new Sender({
      socket: this.#socket,
      log: port.log,
      queries: this.#queries,
      recipients: this.#recipients,
      encryptions: this.#encryptions,
      lifetime: this.#lifetime,
      requireOpen: () => this.#requireOpen(),
      refusal: (error, otherwise) => this.#refusal(error, otherwise),
    })
    this.#commands = new Commands({
      socket: this.#socket,
      config,
      options: { dispatcher: downloads } as RequestInit,
      log: port.log,
      reader: this.#reader,
      queries: this.#queries,
      recipients: this.#recipients,
      history: this.#history,
      lifetime: this.#lifetime,
      refusal: (error) => this.#refusal(error),
    })
    this.#answers = new Answers({
      port,
      memory: this.#memory,
      reader: this.#reader,
      queries: this.#queries,
      recipients: this.#recipients,
      knownDevices: this.#knownDevices,
      encryptions: this.#encryptions,
      lifetime: this.#lifetime,
      giveUp: (why) => this.#giveUp(why),
    })
    this.#incoming = new Incoming({
      socket: this.#socket,
      log: port.log,
      journal: this.#journal,
      reader: this.#reader,
      queries: this.#queries,
      recipients: this.#recipients,
      answers: this.#answers,
      lifetime: this.#lifetime,
      isReady: () => this.isOpen,
      store: (events) => this.#saves.store([], events),
    })
    this.#linkOffers = new LinkOffers(link?.phone, settings, (phone) =>
      this.#lifetime.during(askForCode(this.#socket, phone, questionLimitMs)))
  }

  get isOpen(): boolean {
    // The socket knows it first when the connection ends.
    return this.#state === 'open' && this.#socket.ws.isOpen
  }

  prepare(message: OutboundMessage) {
    return this.#commands.prepare(message)
  }

  relay(whatsAppId: string, jid: string, prepared: Uint8Array) {
    return this.#sender.relay(whatsAppId, jid, prepared)
  }

  resolve(phone: string) {
    return this.#commands.resolve(phone)
  }

  fetchMedia(file: Params<'fetchMedia'>['file'], targetPath: string, limits: FetchLimits) {
    return this.#commands.fetchMedia(file, targetPath, limits)
  }

  requestHistory(request: Params<'requestHistory'>) {
    return this.#commands.requestHistory(request)
  }

  markRead(jid: string, messages: Params<'markRead'>['messages']) {
    return this.#commands.markRead(jid, messages)
  }

  setPresence(jid: string, state: PresenceState) {
    return this.#commands.setPresence(jid, state)
  }

  async logOut(): Promise<void> {
    await this.#socket.logout()
  }

  async end(): Promise<void> {
    if (this.#state === 'over') {
      return
    }
    this.#state = 'ending'
    this.#socket.ev.flush()
    this.#saves.flush()
    await this.#socket.end(undefined)
    this.#endHistory()
    this.#finish()
  }

  abandon(): void {
    this.#finish()
    void this.#socket.end(undefined).catch(() => undefined)
  }

  #config(settings: Settings): SocketConfig {
    return {
      ...toConfig(settings, this.port.log),
      logger: libraryLog(this.port.log, (text, data) => this.#heard(text, data)),
      auth: { creds: this.#device.creds, keys: this.#encryptions.watch(this.#device) },
      msgRetryCounterCache: this.#memory.retries,
      userDevicesCache: this.#knownDevices,
      shouldSyncHistoryMessage: (part) => this.#history.parts.shouldRead(part),
      patchMessageBeforeSending: eachOnce,
      cachedGroupMetadata: (jid) => this.#recipients.group(jid),
      getMessage: async ({ id }) => await this.#answers.sentBefore(id),
      makeSignalRepository: (auth, logger, pnToLid) => {
        const keys = auth.keys as SignalKeyStoreWithTransaction
        endWithWork(keys)
        preKeysFirst(keys, this.#device)
        const repository = withOwnQueue(DEFAULT_CONNECTION_CONFIG.makeSignalRepository(this.#keysFirst.watch(auth), logger, pnToLid))
        const encrypting = this.#encryptions.wrap(this.#keysFirst.wrap(inTurns(repository)))
        const journaled = this.#journal.wrap(encrypting, auth, (events) => this.#saves.store([], events))
        return this.#sessionLooks.wrap(withoutLongGoodbye(journaled, () => this.#socket.ws))
      },
    }
  }

  /** What the library says of failures that it tells nobody else. */
  #heard(text: string, data: unknown): void {
    this.#isDeaf ||= text === notActive
    if (text === notHandled) {
      const { node, error } = (data ?? {}) as { node?: unknown; error?: unknown }
      this.#history.parts.failed(String(node), error)
    }
  }

  #listen(): void {
    const { ev, ws } = this.#socket
    this.#history.listen(ev)
    stayUnavailable(this.#socket, this.#device.creds, () => this.isOpen, (error) =>
      this.port.log('warning', 'the network could not be told the name of the number', undefined, describeFault(error)))
    aroundListeners(ws, (event, args, call) => void this.#incoming.handle(event, args, call))
    ev.process((batch) => {
      try {
        this.#on(batch)
      } catch (error) {
        this.port.log('error', 'events of the library were not understood', undefined, describeFault(error))
      }
    })
    hearFirst(ws, { journal: this.#journal, memory: this.#memory, knownDevices: this.#knownDevices, begunSessions: this.#begunSessions })
    // An answer of HTTP is that of whoever stands in between. The library hears it and waits on.
    ws.on('unexpected-response', () => void this.#socket.end(new Error(notTheNetwork)))
    ws.on('CB:ack,class:message', (ack: BinaryNode) => this.#tell(...this.#sender.acknowledged(ack)))
  }

  #on(batch: Partial<BaileysEventMap>): void {
    if (batch['creds.update']) {
      this.#saves.changed()
    }
    for (const group of [...(batch['groups.update'] ?? []), batch['group-participants.update']]) {
      if (group?.id) {
        this.#memory.groups.forget(group.id)
      }
    }
    if (batch['messaging-history.set']) {
      this.#history.take(batch['messaging-history.set'])
    }
    for (const message of batch['messages.upsert']?.messages ?? []) {
      this.#tell(...this.#reader.onceOnly(message))
    }
    for (const report of toReports(batch)) {
      this.#tell(report)
    }
    if (batch['presence.update']) {
      toPresences(batch['presence.update'], this.#reader.me).forEach((presence) => this.port.presence(presence))
    }
    if (batch['connection.update']) {
      this.#onConnection(batch['connection.update'])
    }
  }

  #onConnection({ qr, connection, lastDisconnect }: Partial<BaileysEventMap['connection.update']>): void {
    if (qr) {
      void this.#offerLink(qr)
    }
    if (connection === 'open') {
      this.#onOpen()
    }
    if (connection === 'close') {
      this.#onClose(lastDisconnect?.error)
    }
  }

  #onOpen(): void {
    if (this.#isDeaf) {
      this.port.log('error', 'the network did not take it that messages may come; the connection begins anew')
      void this.#socket.end(new Error('The network delivers nothing.'))
      return
    }
    this.#state = 'open'
    const pushName = this.#device.creds.me?.name
    this.#tell({ type: 'opened', ...(pushName ? { pushName } : {}) })
    this.#appStateDebt.opened()
  }

  #onClose(error: unknown): void {
    if (this.#state === 'over') {
      return
    }
    // The library throws away what it still buffers, though it told the network that it has it.
    this.#socket.ev.flush()
    this.#saves.flush()
    if (this.#state === 'ending') {
      return
    }
    if (isPingLost(error)) {
      this.#tell({ type: 'pingLost' })
    }
    const isDirect = this.#state === 'connecting' && this.#isDirect
    this.#endHistory()
    this.#finish()
    const { code, ...more } = toClosing(error, isDirect)
    const { data } = (error ?? {}) as { data?: unknown }
    if (data instanceof ProxyFault) {
      this.port.log('warning', 'the proxy does not let the number out', undefined, describeFault(data))
    }
    this.port.closed(code, more)
  }

  async #offerLink(qr: string): Promise<void> {
    try {
      const offer = await this.#linkOffers.next(qr)
      this.#tell(...(offer ? [offer] : []))
    } catch (error) {
      if (this.#state !== 'over') {
        this.port.log('warning', 'no pairing code could be had', undefined, describeFault(error))
        await this.#socket.end(error as Error)
      }
    }
  }

  #giveUp(why: string): void {
    if (this.#state !== 'over') {
      this.port.log('error', why)
      this.abandon()
      this.port.closed(428)
    }
  }

  #tell(...events: Event[]): void {
    if (this.#state !== 'over' && events.length > 0) {
      this.port.tell(...events)
    }
  }

  /** What was not told by now never will be. */
  #endHistory(): void {
    this.#files.end()
    this.#history.parts.end()
  }

  #finish(): void {
    this.#state = 'over'
    this.#history.end()
    this.#appStateDebt.end()
    this.#files.end()
    this.#lifetime.end()
  }

  #requireOpen(): void {
    if (!this.isOpen) {
      throw new EngineError('notConnected', 'The number is not connected.')
    }
  }

  #refusal(error: unknown, otherwise: 'unavailable' | 'notSent' = 'unavailable'): EngineError {
    if (error instanceof EngineError) {
      return error
    }
    this.port.log('warning', 'a command failed', undefined, describeFault(error))
    return this.isOpen
      ? new EngineError(otherwise, isUnanswered(error) ? 'The network did not answer in time.' : 'The network did not do it.')
      : new EngineError('notConnected', 'The connection was lost meanwhile.')
  }
}
