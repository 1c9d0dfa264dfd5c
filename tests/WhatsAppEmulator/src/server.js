import { WebSocketServer } from 'ws'
import { Account, Accounts } from './accounts.js'
import { createCertificates } from './certificates.js'
import { Connection } from './connection.js'
import { Faults } from './faults.js'
import { Groups } from './groups.js'
import { Ids } from './ids.js'
import { CodeDesk } from './link-code.js'
import { logIn, startBacklog } from './login.js'
import { LinkDesk } from './linking.js'
import { Media } from './media.js'
import { Phone } from './phone.js'
import { answerQuery } from './queries.js'
import { Record } from './record.js'
import { Router } from './router.js'
import { keep, recall } from './saved.js'
import { child, outline, stanza } from './stanza.js'

/** A WhatsApp server on loopback, with the phones of everybody on it. */
export class WhatsAppEmulator {
  accounts = new Accounts()
  record = new Record()
  certificates = createCertificates()
  faults = new Faults()
  linkDesk = new LinkDesk(this)
  codeDesk = new CodeDesk(this)
  router = new Router(this)
  groups = new Groups(this)
  #connections = new Set()
  #listener
  #directory

  /**
   * `directory`: where the certificate of the media server is put, and everything that a stop leaves behind: a start with the
   * same directory goes on from there. Without one there is no media server, and nothing is kept.
   */
  constructor({ seed, directory } = {}) {
    this.ids = new Ids(seed)
    this.media = new Media({ ids: this.ids, record: this.record, faults: this.faults })
    this.#directory = directory
  }

  async start(port = 0) {
    if (this.#directory) await recall(this, this.#directory)
    if (this.#directory) await this.media.start(this.#directory)
    this.#listener = new WebSocketServer({ host: '127.0.0.1', port, maxPayload: 16 * 1024 * 1024 })
    this.#listener.on('connection', socket => this.#connections.add(new Connection(socket, this)))
    await new Promise((resolve, reject) => this.#listener.once('listening', resolve).once('error', reject))
  }

  get url() {
    return `ws://127.0.0.1:${this.#listener.address().port}/ws/chat`
  }

  async stop() {
    this.faults.clear()
    for (const connection of this.#connections) connection.drop()
    await new Promise(resolve => this.#listener.close(resolve))
    await Promise.all(this.accounts.all.map(account => account.owner.settled()))
    if (this.#directory) await keep(this, this.#directory)
    await this.media.stop()
  }

  /**
   * A person with a phone. `otherForms`: how else it can be asked for, as the Brazilian phones without their 9. `lidKnown: false`
   * keeps the hidden address from everybody until `revealLid`. `isBusiness: false`: linking does not tell the name, only the phone does.
   */
  addPhone({ phone, name, otherForms = [], lid = this.ids.lid(), lidKnown = true, isBusiness = true }) {
    const forms = [phone, otherForms].flat()
    if (!forms.every(form => /^\d{5,15}$/.test(form ?? ''))) throw new RangeError('phone: 5 to 15 digits')
    if (forms.some(this.accounts.byAnyForm)) throw new RangeError(`${phone} exists already`)
    if (!/^\d{5,20}$/.test(lid)) throw new RangeError('lid: 5 to 20 digits')
    const account = this.accounts.add(new Account({ phone, otherForms, name: name ?? `Person ${phone}`, lid, lidKnown, isBusiness, record: this.record, newId: this.ids.stanza }))
    account.owner = new Phone(this, account)
    account.devices.set(0, account.owner)
    return account.owner
  }

  phone(number) {
    const account = this.accounts.byPhone(number)
    if (!account) throw new RangeError(`no account ${number}`)
    return account.owner
  }

  /** The connections of one phone's devices, or of all. */
  connectionsOf(phone) {
    return [...this.#connections].filter(connection => connection.device && (phone === 'all' || connection.device.account.phone === phone))
  }

  /** A client has told who it is. */
  introduce(connection, { noiseKey, payload }) {
    if (payload.devicePairingData) this.linkDesk.register(connection, { noiseKey, data: payload.devicePairingData })
    else logIn(this, connection, { noiseKey, payload })
  }

  async receive(connection, node) {
    if (node.tag === 'iq') {
      await this.#receiveQuery(connection, node)
      return
    }
    if (!connection.device) {
      const isGreeting = ['presence', 'ack'].includes(node.tag) || (node.tag === 'ib' && child(node, 'unified_session'))
      if (!isGreeting) this.#unknown(connection, node)
      return
    }
    switch (node.tag) {
      case 'message':
        return this.router.message(connection, node)
      case 'receipt':
        return this.router.receipt(connection, node)
      case 'ack':
        return this.router.acknowledged(connection, node)
      case 'ib':
        if (child(node, 'offline_batch')) return startBacklog(this, connection, node)
        if (!child(node, 'unified_session')) this.#unknown(connection, node)
        return
      case 'presence':
      case 'chatstate':
        return this.router.presence(connection, node)
      default:
        this.#unknown(connection, node)
    }
  }

  disconnected(connection) {
    this.#connections.delete(connection)
    this.linkDesk.forget(connection)
    this.codeDesk.forget(connection)
    if (connection.device?.connection === connection) connection.device.connection = undefined
  }

  async #receiveQuery(connection, node) {
    const { id, type } = node.attrs
    if (type === 'result' || type === 'error') {
      if (!connection.answer(node)) this.record.problem(connection.name, `an answer nobody asked for: ${outline(node)}`)
    } else if (!id) {
      this.record.problem(connection.name, `a query without an id: ${outline(node)}`)
    } else {
      await answerQuery(this, connection, node)
    }
  }

  #unknown(connection, node) {
    this.record.problem(connection.name, `unknown stanza ${outline(node)}`)
    if (node.attrs.id) connection.send(stanza('ack', { class: node.tag, id: node.attrs.id, error: 488 }))
  }
}
