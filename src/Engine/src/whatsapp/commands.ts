import { getWAUploadToServer, type SocketConfig, type WAMediaUploadFunction, type WASocket } from 'baileys'
import type { Log } from '../log/log.js'
import { bare, type Me } from '../messages/address.js'
import { prepare } from '../messages/outbound.js'
import type { FetchLimits, Session } from '../numbers/network.js'
import type { EngineError, OutboundMessage, Params, PresenceState } from '../rpc/contract.js'
import type { History } from './history.js'
import { libraryLog } from './libraryLog.js'
import type { Lifetime } from './lifetime.js'
import { fetchFile } from './media.js'
import { MediaHosts } from './mediaHosts.js'
import type { Queries } from './queries.js'
import type { Reader } from './reader.js'
import type { Recipients } from './recipients.js'

/** For a question to the network that nothing else waits for. */
export const questionLimitMs = 20_000
const mostOfHistory = 50

/** What carrying a command out needs of its connection. */
export interface Open {
  socket: Pick<WASocket, 'fetchMessageHistory' | 'onWhatsApp' | 'query' | 'readMessages' | 'sendPresenceUpdate' | 'signalRepository'>
  config: SocketConfig
  /** With the way on which files come and go. */
  options: RequestInit
  log: Log
  reader: Pick<Reader, 'me'>
  queries: Pick<Queries, 'within'>
  recipients: Pick<Recipients, 'find' | 'memberOf'>
  history: Pick<History, 'ask'>
  lifetime: Pick<Lifetime, 'during'>
  /** An error as the silo is to know it. */
  refusal(error: unknown): EngineError
}

/** What a number does over one connection when it is told to, but for sending (sender.ts). */
export class Commands implements Omit<Session, 'abandon' | 'end' | 'isOpen' | 'logOut' | 'relay'> {
  readonly #mediaHosts: MediaHosts
  readonly #upload: WAMediaUploadFunction

  constructor(private readonly open: Open) {
    const { config, socket, queries } = open
    this.#mediaHosts = new MediaHosts((question) => queries.within(questionLimitMs, () => socket.query(question)))
    this.#upload = getWAUploadToServer(config, (isOfNoUse) => this.#mediaHosts.get(isOfNoUse))
  }

  prepare(message: OutboundMessage): Promise<Uint8Array> {
    return this.#do(async () => {
      await this.#find(message.jid)
      const options = { upload: this.#upload, logger: libraryLog(this.open.log), options: this.open.options }
      return await prepare(await this.#addressed(message), await this.#meIn(message.jid), options)
    })
  }

  resolve(phone: string) {
    const { queries, socket } = this.open
    return this.#do(async () => {
      const found = (await queries.within(questionLimitMs, () => socket.onWhatsApp(phone)))?.find(({ exists }) => exists)
      const jid = bare(found?.jid)
      if (!jid) {
        return { onWhatsApp: false }
      }
      const lid = bare(await socket.signalRepository.lidMapping.getLIDForPN(jid))
      return { onWhatsApp: true, jid, ...(lid ? { lid } : {}) }
    })
  }

  fetchMedia(file: Params<'fetchMedia'>['file'], targetPath: string, limits: FetchLimits): Promise<void> {
    return fetchFile(file, targetPath, limits, this.open.options, async (host) => {
      if (host.endsWith('.whatsapp.net')) {
        return true
      }
      const { hosts } = await this.#mediaHosts.get()
      return hosts.some(({ hostname }) => hostname === host)
    })
  }

  requestHistory({ request, jid, oldest, oldestAt, count }: Params<'requestHistory'>): Promise<void> {
    const { history, reader, socket } = this.open
    return this.#do(() => history.ask(request, jid, async () => {
      // The library writes to our phone with whichever session there is.
      await this.#find(bare(reader.me.id) ?? '')
      return await socket.fetchMessageHistory(
        Math.min(mostOfHistory, Math.max(1, count)),
        { remoteJid: jid, id: oldest.whatsAppId, fromMe: oldest.fromMe, ...(oldest.participant ? { participant: oldest.participant } : {}) },
        Date.parse(oldestAt))
    }))
  }

  markRead(jid: string, messages: Params<'markRead'>['messages']): Promise<void> {
    const { recipients, socket } = this.open
    return this.#do(async () => await socket.readMessages(await Promise.all(messages.map(async ({ whatsAppId, participant }) => ({
      remoteJid: jid, id: whatsAppId, fromMe: false, ...(participant ? { participant: await recipients.memberOf(jid, participant) } : {}),
    })))))
  }

  setPresence(jid: string, state: PresenceState): Promise<void> {
    return this.#do(() => this.open.socket.sendPresenceUpdate(state, jid))
  }

  /** Carries out a command for as long as there is the connection. */
  async #do<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await this.open.lifetime.during(command())
    } catch (error) {
      throw this.open.refusal(error)
    }
  }

  #find(jid: string): Promise<void> {
    const { queries, recipients } = this.open
    return queries.within(questionLimitMs, () => recipients.find(jid, questionLimitMs))
  }

  /** Who we are, in the form of address that the chat uses. */
  async #meIn(jid: string): Promise<Me> {
    const { reader: { me }, recipients } = this.open
    const own = bare(me.id)
    return own ? { ...me, id: await recipients.memberOf(jid, own) } : me
  }

  /** A message whose target names its author as the chat does. */
  async #addressed(message: OutboundMessage): Promise<OutboundMessage> {
    const { jid, target } = message
    return target?.participant
      ? { ...message, target: { ...target, participant: await this.open.recipients.memberOf(jid, target.participant) } }
      : message
  }
}
