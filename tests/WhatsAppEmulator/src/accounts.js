import * as jids from './jids.js'
import { isAnswer, seconds, SERVER, stanza } from './stanza.js'

const MAX_PENDING = 20_000
const LOW_PRE_KEYS = 5

/** A linked device: what the server knows of its keys, and what it has not yet confirmed. */
export class Device {
  connection
  /** What it showed for itself when it opened a session, once that was found good. */
  proof
  preKeys = new Map()
  /** What it last said that its owner is called. */
  saidName
  /** The devices of others, by their phones, of which it has confirmed to know that they are gone. Ids are never given twice. */
  knowsGone = new Set()
  /** The same of what it was told and has not confirmed, by the ids of the notices. */
  toldGone = new Map()
  /** Who left which group, `<group> <phone>`, as far as it has confirmed to know it. */
  knowsLeft = new Set()
  #pending = []
  #wasTold = false

  constructor({ account, id, keyIndex, noiseKey, registrationId, identity, signedPreKey }) {
    Object.assign(this, { account, id, keyIndex, noiseKey, registrationId, identity, signedPreKey })
  }

  get jid() {
    return jids.pn(this.account.phone, this.id)
  }

  get lidJid() {
    return jids.lid(this.account.lid, this.id)
  }

  /** A key bundle for somebody who wants to write to it; each one-time key is handed out once. */
  takeBundle() {
    const [first] = this.preKeys
    if (first) this.preKeys.delete(first[0])
    if (this.preKeys.size < LOW_PRE_KEYS && !this.#wasTold) this.#tellPreKeysLow()
    return {
      registrationId: this.registrationId,
      identity: this.identity,
      signedPreKey: this.signedPreKey,
      preKey: first && { id: first[0], value: first[1] }
    }
  }

  /** Others have taken nearly all of its one-time keys. */
  runLow() {
    const [left] = this.preKeys
    this.preKeys = new Map(left && [left])
    this.#tellPreKeysLow()
  }

  addPreKeys(keys) {
    for (const [id, value] of keys) this.preKeys.set(id, value)
    this.#wasTold = false
  }

  /** Keeps a stanza until the device confirms it, and sends it if the device can take it now. */
  deliver(node) {
    if (this.#pending.length >= MAX_PENDING) {
      this.account.record.problem(this.jid, `has ${MAX_PENDING} unconfirmed stanzas; one was thrown away`)
      return
    }
    const waiting = { node, written: false }
    this.#pending.push(waiting)
    if (this.connection?.isLive) this.#write(waiting)
  }

  save() {
    const { id, keyIndex, noiseKey, registrationId, identity, signedPreKey, proof, preKeys, saidName, knowsGone, toldGone, knowsLeft } = this
    const pending = this.#pending.map(({ node }) => node)
    return {
      id, keyIndex, noiseKey, registrationId, identity, signedPreKey, proof, preKeys, saidName, knowsGone, toldGone, knowsLeft, pending, wasTold: this.#wasTold
    }
  }

  static restore(account, { pending, wasTold, proof, preKeys, saidName, knowsGone, toldGone, knowsLeft, ...known }) {
    const device = new Device({ account, ...known })
    Object.assign(device, { proof, preKeys, saidName, knowsGone, toldGone, knowsLeft })
    device.#pending = pending.map(node => ({ node, written: false }))
    device.#wasTold = wasTold
    return device
  }

  get pendingCount() {
    return this.#pending.length
  }

  /** What was written to the connection and is not confirmed. */
  get unconfirmedCount() {
    return this.#pending.filter(waiting => waiting.written).length
  }

  /** It has confirmed a notice of another device that is gone. */
  confirmGone(id) {
    if (this.toldGone.has(id)) this.knowsGone.add(this.toldGone.get(id))
    this.toldGone.delete(id)
  }

  /** A new connection: what was never confirmed is written again, marked as old. */
  startBacklog() {
    for (const waiting of this.#pending) {
      waiting.written = false
      waiting.node.attrs.offline = '0'
    }
  }

  /** Writes up to `count` waiting stanzas; returns how many are still unwritten. */
  writeBacklog(count = Infinity) {
    let left = count
    for (const waiting of this.#pending) {
      if (waiting.written || left === 0) continue
      this.#write(waiting)
      left--
    }
    return this.#pending.filter(waiting => !waiting.written).length
  }

  /** The device has the stanza for good. */
  confirm(tag, id, type) {
    const index = this.#pending.findIndex(({ node, written }) =>
      written && node.tag === tag && node.attrs.id === id && (tag === 'message' || node.attrs.type === type))
    if (index < 0) return undefined
    return this.#pending.splice(index, 1)[0].node
  }

  #tellPreKeysLow() {
    this.#wasTold = true
    this.deliver(stanza('notification', { id: this.account.newId(), type: 'encrypt', from: SERVER, t: seconds() }, [
      stanza('count', { value: this.preKeys.size })
    ]))
  }

  #write(waiting) {
    waiting.written = true
    this.connection.send(waiting.node)
    const { id, from, type } = waiting.node.attrs
    if (waiting.node.tag === 'receipt' && type === 'retry') this.account.record.toldUnreadable(id)
    if (waiting.node.tag === 'message') {
      this.account.record.delivered({ id, from, to: this.jid, again: isAnswer(waiting.node) })
    }
  }
}

/** A phone number with its phone (device 0) and the devices linked to it. */
export class Account {
  devices = new Map()
  watchers = new Set()
  /** What others gave it to show when it writes to them, by their phones: `{ token, t }`. */
  tokens = new Map()
  #nextDevice = 1

  constructor({ phone, otherForms, lid, lidKnown, name, isBusiness, record, newId }) {
    Object.assign(this, { phone, otherForms, lid, lidKnown, name, isBusiness, record, newId })
  }

  get jid() {
    return jids.pn(this.phone)
  }

  get lidJid() {
    return jids.lid(this.lid)
  }

  /** The hidden address as others may see it: not before the account was moved to it. */
  get publicLid() {
    return this.lidKnown ? this.lidJid : undefined
  }

  get companions() {
    return [...this.devices.values()].filter(device => device.id !== 0)
  }

  nextDeviceId() {
    return this.#nextDevice++
  }

  /** Without its phone, which can only be made when all accounts are there. */
  save() {
    const { phone, otherForms, lid, lidKnown, name, isBusiness } = this
    return {
      phone, otherForms, lid, lidKnown, name, isBusiness,
      nextDevice: this.#nextDevice,
      companions: this.companions.map(device => device.save()),
      watchers: [...this.watchers].map(device => device.jid),
      tokens: this.tokens
    }
  }

  restore({ nextDevice, companions, tokens }) {
    this.#nextDevice = nextDevice
    this.tokens = tokens
    for (const saved of companions) this.devices.set(saved.id, Device.restore(this, saved))
  }
}

export class Accounts {
  #byPhone = new Map()
  #byLid = new Map()

  add(account) {
    if (this.#byPhone.has(account.phone) || this.#byLid.has(account.lid)) throw new RangeError(`${account.phone} exists already`)
    this.#byPhone.set(account.phone, account)
    this.#byLid.set(account.lid, account)
    return account
  }

  get all() {
    return [...this.#byPhone.values()]
  }

  get allDevices() {
    return this.all.flatMap(account => [...account.devices.values()])
  }

  /** The account behind a phone as somebody writes it: some countries have several ways, of which one is the address. */
  byAnyForm = phone => this.byPhone(phone) ?? this.all.find(account => account.otherForms.includes(phone.replace(/^\+/, '')))

  byPhone = phone => this.#byPhone.get(String(phone).replace(/^\+/, ''))

  /** The account an address belongs to, in either of its forms. */
  find(jid) {
    const parts = jids.parse(jid)
    return parts && (parts.server === 'lid' ? this.#byLid : this.#byPhone).get(parts.user)
  }

  findDevice(jid) {
    return this.find(jid)?.devices.get(jids.parse(jid).device)
  }
}
