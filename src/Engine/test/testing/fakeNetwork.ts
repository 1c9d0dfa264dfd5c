import type { ConnectRequest, FetchLimits, Network, Port, Session } from '#engine/numbers/network.js'
import type { OutboundMessage, RemoteFile } from '#engine/rpc/contract.js'

/** A network without wires: the test says what happens on it. */
export class FakeNetwork implements Network {
  readonly sessions: FakeSession[] = []
  /** Makes the next connection impossible. */
  fault: Error | undefined

  connect(request: ConnectRequest, port: Port): Session {
    if (this.fault) {
      throw this.fault
    }
    const session = new FakeSession(request, port)
    this.sessions.push(session)
    return session
  }

  get last(): FakeSession {
    const session = this.sessions.at(-1)
    if (!session) {
      throw new Error('Nothing connected.')
    }
    return session
  }
}

export class FakeSession implements Session {
  isOpen = false
  state: 'live' | 'ended' | 'abandoned' = 'live'
  readonly relayed: { whatsAppId: string; jid: string; prepared: string }[] = []
  readonly downloads: FetchLimits[] = []
  /** What a download waits for. */
  downloading = Promise.resolve()
  /** What is told only when the connection ends in peace. */
  buffered: Parameters<Port['tell']> = []

  constructor(readonly request: ConnectRequest, readonly port: Port) {}

  opened(): void {
    this.isOpen = true
    this.port.tell({ type: 'opened' })
  }

  async prepare(message: OutboundMessage) {
    return Buffer.from(message.text ?? '')
  }

  async relay(whatsAppId: string, jid: string, prepared: Uint8Array) {
    this.relayed.push({ whatsAppId, jid, prepared: Buffer.from(prepared).toString() })
  }

  async resolve(phone: string) {
    return { onWhatsApp: true, jid: `${phone}@s.whatsapp.net` }
  }

  async fetchMedia(_: RemoteFile, __: string, limits: FetchLimits) {
    this.downloads.push(limits)
    await this.downloading
  }

  async requestHistory() {}
  async markRead() {}
  async setPresence() {}

  async logOut() {
    this.isOpen = false
    this.port.closed(401)
  }

  async end() {
    this.isOpen = false
    this.state = 'ended'
    this.port.tell(...this.buffered)
  }

  abandon() {
    this.isOpen = false
    this.state = 'abandoned'
  }
}
