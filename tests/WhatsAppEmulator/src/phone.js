import { Curve, proto } from 'baileys'
import { AppState, referenceTo } from './app-state.js'
import { signDevice } from './device-identity.js'
import { History, notification } from './history.js'
import * as jids from './jids.js'
import { idsOf } from './router.js'
import { SignalKeys } from './signal.js'
import { bigEndian, children, seconds, SERVER, stanza, tokenNode } from './stanza.js'

const MAX_INBOX = 10_000
const MAX_SENT = 10_000
const FILE_KINDS = ['image', 'video', 'audio', 'document', 'sticker']
const TYPING = ['composing', 'recording', 'paused']
const KEY_PARTS = { bytes: String, longs: String, enums: String }

/** A person's phone: device 0 of an account, with Signal sessions of its own. It links companions, sends, and receives. */
export class Phone {
  id = 0
  inbox = []
  receipts = []
  history = new History()
  appState
  /** How many messages of each chat a new companion is told without asking. */
  bootstrapPerChat = 50
  /** Of how many bytes history and app state go inline; what is larger goes as a file. A real phone hardly sends anything inline. */
  inlineUpTo = Infinity
  /** Whether it tells authors at once that their messages arrived, as a phone with a connection does. */
  isOn = true
  /** How many of the next ciphertexts for companions of others nobody can read; those that are asked for again everybody can, but `again` of them. */
  garbles = 0
  garblesAgain = 0
  #server
  #signal
  #sent = new Map()
  #keyHolders = new Map()
  #lists = new Map()
  #waiting = []
  #work = Promise.resolve()
  #nextKeyIndex = 1
  #greeted = new WeakSet()

  constructor(server, account) {
    this.account = account
    this.#server = server
    this.#signal = new SignalKeys(account.phone)
    this.appState = new AppState(server.ids, { inlineUpTo: () => this.inlineUpTo, addFile: this.#addFile })
  }

  get identity() {
    return this.#signal.identity.public
  }

  get jid() {
    return this.account.jid
  }

  get lidJid() {
    return this.account.lidJid
  }

  get keysGiven() {
    return this.#signal.keysGiven
  }

  takeBundle = () => this.#signal.takeBundle()

  hasGroupKey = (group, device, content) => this.#signal.hasGroupKey(group, device, content)

  /** Scans a client's QR code: links it to this account. Returns when the client has signed. */
  async scan(qr) {
    const { connection, secret } = this.#server.linkDesk.find(qr)
    return this.link(connection, { secret, identity: connection.registration.identity })
  }

  /** Types the code that a client shows. Returns when the client has signed. */
  async enterCode(code) {
    const { connection, secret } = await this.#server.codeDesk.enter(this, code)
    return this.link(connection, { secret, identity: connection.registration.identity })
  }

  /** The secret that only this phone and the owner of the other identity can know. */
  agree = identity => Curve.sharedKey(this.#signal.identity.private, identity)

  async link(connection, { secret, identity }) {
    const keyIndex = this.#nextKeyIndex++
    const blob = signDevice({
      accountKey: this.#signal.identity,
      deviceIdentity: identity,
      keyIndex,
      secret,
      rawId: this.#server.ids.bytes(4).readUInt32BE()
    })
    const id = this.account.nextDeviceId()
    const device = await this.#server.linkDesk.link(connection, { account: this.account, id, keyIndex, blob })
    this.#tellDevices('add', device)
    return device
  }

  /** Takes a companion off the account, or all of them. */
  unlink(device) {
    const leaving = device ? [device] : this.account.companions
    for (const each of leaving) {
      each.connection?.streamError(401, [stanza('conflict', { type: 'device_removed' })])
      this.forgetDevice(each)
    }
  }

  forgetDevice(device) {
    this.account.devices.delete(device.id)
    device.connection?.close()
    this.#tellDevices('remove', device)
  }

  /** A companion came online: the first time it learns what a new companion needs. */
  greet(device) {
    if (this.#greeted.has(device) || !this.isOn) return
    this.#greeted.add(device)
    this.#inOrder(async () => {
      await this.#shareKeys(device)
      for (const chunk of this.history.bootstrap(this.bootstrapPerChat, this.account, this.#server.accounts)) {
        await this.#sendPeer(device, await this.#notification(chunk))
      }
    }).catch(this.#report)
  }

  say = (to, text, options) => this.send(to, { conversation: text }, options)

  /** Sends a message as bytes, with whatever is in them. */
  sendEncoded = (to, bytes, options) => this.send(to, proto.Message.decode(bytes), options)

  /** Sends a message as JSON, with the names of the protocol and bytes in base64. */
  sendDescribed = (to, described, options) => this.send(to, proto.Message.fromObject(described), options)

  /** Reacts to a message; an empty emoji takes the reaction back. `target`: `{ id, fromMe, participant }`. */
  react(to, { id, fromMe = false, participant }, emoji) {
    const key = { remoteJid: to, id, fromMe, participant }
    return this.send(to, { reactionMessage: { key, text: emoji, senderTimestampMs: Date.now() } }, { type: 'reaction', attrs: { 'decrypt-fail': 'hide' } })
  }

  /** Answers a message. `target`: `{ id, author, text }`, the author as an address. */
  reply(to, { id, author, text: quoted }, words) {
    const contextInfo = { stanzaId: id, participant: author, quotedMessage: { conversation: quoted } }
    return this.send(to, { extendedTextMessage: { text: words, contextInfo } })
  }

  /** Edits a message, this person's own or, which nothing stops a phone from sending, another's. With `hidden` under the hidden address. */
  edit(to, id, text, { hidden } = {}) {
    return this.send(to, { protocolMessage: {
      key: { remoteJid: to, id, fromMe: true },
      type: proto.Message.ProtocolMessage.Type.MESSAGE_EDIT,
      editedMessage: { conversation: text },
      timestampMs: Date.now()
    } }, { edit: 1, hidden })
  }

  /** The same for a revoke. With `author`, an address, it is what an administrator sends for what another wrote. */
  revoke(to, id, { author, hidden } = {}) {
    const key = author ? { remoteJid: to, id, fromMe: false, participant: author } : { remoteJid: to, id, fromMe: true }
    return this.send(to, { protocolMessage: { key, type: proto.Message.ProtocolMessage.Type.REVOKE } }, { edit: author ? 8 : 7, hidden })
  }

  /** Sends a file. `kind`: image, video, audio, document or sticker; `content`: its bytes. */
  async sendFile(to, { kind, content, mimetype, fileName, caption, seconds: duration, isVoice: ptt, id }) {
    if (!FILE_KINDS.includes(kind)) throw new RangeError(`kind: one of ${FILE_KINDS.join(', ')}`)
    const file = await this.#addFile(kind, content)
    return this.send(to, { [`${kind}Message`]: { ...file, mimetype, fileName, caption, seconds: duration, ptt } }, {
      id,
      type: 'media',
      attrs: { mediatype: ptt ? 'ptt' : kind }
    })
  }

  /** The bytes of a file that this phone received, checked against what its message says. */
  async fetchFile(id) {
    const { kind, message } = this.inbox.find(each => each.id === id) ?? {}
    if (!FILE_KINDS.includes(kind?.replace('Message', ''))) throw new RangeError(`no file came with ${id}`)
    return this.#server.media.open(kind.replace('Message', ''), proto.Message.fromObject(message)[kind])
  }

  createGroup(subject, members) {
    return this.#server.groups.create(this.account, subject, members.map(member => member.account))
  }

  /** Makes a broadcast list: what is sent to it goes to each of these people, who have it in their chat with this person. */
  createList(members) {
    const jid = this.#server.ids.list()
    this.#lists.set(jid, members.map(member => member.account))
    return { jid }
  }

  hasList = jid => this.#lists.has(jid)

  /**
   * Sends a message to a person: to each of their devices, and to this account's companions. Returns its id. With `unavailable`
   * companions learn only that it came, as with advertisements (`true`) and what may be viewed once (`'view_once'`). With `cipher`
   * they get it under this name of an encryption, until they ask again. With `hidden` a person gets it from the hidden address.
   */
  send(to, message, { id = this.#server.ids.message(), type = 'text', attrs = {}, edit, unavailable, cipher, hidden } = {}) {
    const sent = { to, message, type, attrs, edit, unavailable, cipher, ...(hidden ? { address: this.lidJid } : {}) }
    if (jids.isGroup(to)) return this.#sendToGroup(this.#server.groups.find(to), id, sent)
    const peers = this.#peersOf(to)
    keep(this.#sent, id, sent)
    return this.#inOrder(async () => {
      const devices = peers.flatMap(peer => [...peer.devices.values()])
      for (const device of new Set([...devices, ...this.account.companions])) {
        if (device !== this) await this.#sendTo(device, { id, chat: to, ...sent })
      }
      return id
    })
  }

  /** Tells an author, in a group the one that is named, that this person has read the messages; and this person's companions too. */
  read(to, ids, author) {
    this.#server.router.read(this, { ids, to, type: 'read', participant: author })
  }

  /** Shows that this person writes: `composing`, `recording` or `paused`. */
  type(to, state) {
    if (!TYPING.includes(state)) throw new RangeError(`state: one of ${TYPING.join(', ')}`)
    const content = state === 'recording' ? stanza('composing', { media: 'audio' }) : stanza(state)
    this.#server.router.chatstate(this.account, to, [content])
  }

  /** What the server has for this phone; a phone that is off takes it when it is on again. */
  deliver(node) {
    if (!this.isOn) {
      if (this.#waiting.length < MAX_INBOX) this.#waiting.push(node)
      return
    }
    this.#inOrder(() => this.#receive(node)).catch(this.#report)
  }

  turn(isOn) {
    this.isOn = isOn
    if (!isOn) return
    for (const device of this.account.companions) {
      if (device.connection?.isLive) this.greet(device)
    }
    for (const node of this.#waiting.splice(0)) this.deliver(node)
  }

  /** Gives somebody what shows that this person wants to hear from them, and tells their companions. */
  giveToken({ account }) {
    const given = { token: this.#server.ids.bytes(16), t: seconds() }
    account.tokens.set(this.account.phone, given)
    for (const device of account.companions) {
      device.deliver(stanza('notification', {
        id: this.#server.ids.stanza(), type: 'privacy_token', from: this.jid, sender_lid: this.account.publicLid, t: seconds()
      }, [stanza('tokens', {}, [tokenNode({ jid: device.jid, ...given })])]))
    }
  }

  /** A collection of app state for a companion that has nothing of it, where it is large enough for a file of its own. */
  async snapshotOf(name) {
    const snapshot = this.appState.snapshot(name)
    if (!snapshot || snapshot.content.length <= this.inlineUpTo) return undefined
    return { version: snapshot.version, reference: referenceTo(await this.#addFile('md-app-state', snapshot.content)) }
  }

  /** Saves a person under a name of its own, and tells the companions that the address book changed. */
  async saveContact({ account }, name) {
    this.#tellChanged(await this.appState.saveContact({ jid: account.jid, lidJid: account.publicLid, name }))
  }

  /** The owner calls themselves otherwise from now on. */
  async rename(name) {
    this.account.name = name
    this.#tellChanged(await this.appState.saveOwnName(name))
  }

  #tellChanged({ name: collection, version }) {
    for (const device of this.account.companions) {
      device.deliver(stanza('notification', { id: this.#server.ids.stanza(), type: 'server_sync', from: SERVER, t: seconds() }, [
        stanza('collection', { name: collection, version })
      ]))
    }
  }

  /** Loses its sessions with somebody's devices, and their group keys: the next message from there can't be read. */
  forgetSessions(account) {
    for (const device of account.devices.values()) this.#signal.forget(device)
  }

  /** Asks a companion for a message that it sent once more, as somebody who could not read it. */
  askAgain(id, count = 1) {
    const sent = this.#server.record.messages.sent.find(each => each.id === id)
    if (!sent) throw new RangeError(`nobody sent ${id}`)
    this.#server.router.askAgain(this, { id, to: sent.from, content: this.#retry(id, count, seconds()) })
  }

  save() {
    const devices = this.#server.accounts.allDevices
    const namesOf = holders => devices.filter(device => holders.has(device)).map(device => device.jid)
    return {
      inbox: this.inbox,
      receipts: this.receipts,
      history: this.history.save(),
      appState: this.appState.save(),
      bootstrapPerChat: this.bootstrapPerChat,
      inlineUpTo: this.inlineUpTo,
      isOn: this.isOn,
      signal: this.#signal.save(),
      sent: this.#sent,
      keyHolders: [...this.#keyHolders].map(([group, holders]) => [group, namesOf(holders)]),
      lists: [...this.#lists].map(([jid, members]) => [jid, members.map(member => member.phone)]),
      waiting: this.#waiting,
      nextKeyIndex: this.#nextKeyIndex,
      greeted: namesOf(this.#greeted)
    }
  }

  /** Becomes the phone that was saved. The accounts and their devices are there already. */
  restore({ history, appState, signal, sent, keyHolders, lists, waiting, nextKeyIndex, greeted, ...open }) {
    const devices = jidsOfDevices => new WeakSet(jidsOfDevices.map(jid => this.#server.accounts.findDevice(jid)).filter(Boolean))
    Object.assign(this, open)
    this.history.restore(history)
    this.appState.restore(appState)
    this.#signal.restore(signal)
    this.#sent = sent
    this.#keyHolders = new Map(keyHolders.map(([group, holders]) => [group, devices(holders)]))
    this.#lists = new Map(lists.map(([jid, members]) => [jid, members.map(this.#server.accounts.byPhone)]))
    this.#waiting = waiting
    this.#nextKeyIndex = nextKeyIndex
    this.#greeted = devices(greeted)
  }

  /** Ends when everything it was doing is done. */
  settled = () => this.#work

  /** Who has this address, or is on this list. */
  #peersOf(to) {
    const peers = jids.isList(to) ? this.#lists.get(to) : [this.#server.accounts.find(to)].filter(Boolean)
    if (!peers?.length) throw new RangeError(`nobody has ${to}`)
    return peers
  }

  #addFile = (kind, content) => this.#server.media.add(kind, content, this.account)

  #notification = (chunk, peerDataRequestSessionId) =>
    notification(chunk, {
      peerDataRequestSessionId,
      inlineUpTo: this.inlineUpTo,
      addFile: this.#addFile,
      isSpoilt: this.#server.faults.take('history', this.account.phone) !== undefined
    })

  #report = error => this.#server.record.problem(this.jid, error.message)

  #inOrder(step) {
    const done = this.#work.then(step)
    this.#work = done.catch(() => {})
    return done
  }

  async #receive(node) {
    if (node.tag === 'message') await this.#receiveMessage(node)
    else if (node.tag === 'receipt' && node.attrs.type === 'retry') await this.#sendAgain(node)
    else if (node.tag === 'receipt') this.#receiveReceipt(node)
  }

  async #receiveMessage(node) {
    const { id, from, participant, category } = node.attrs
    const author = this.#server.accounts.findDevice(participant ?? from)
    if (!author) return
    let message
    try {
      message = await this.#decrypt(author, node)
    } catch (error) {
      if (error.isOld && children(node, 'enc').length === 1) {
        if (!this.inbox.some(each => each.id === id)) this.#server.record.problem(this.jid, `${id} of ${author.jid} uses a key that was used before: a real phone drops it`)
        return
      }
      this.#askAgain(node, error)
      return
    }
    if (category === 'peer') {
      await this.#receiveRequest(author, id, message)
      return
    }
    this.#keep(author, node, message)
    const isOwn = author.account === this.account
    if (!isOwn) this.#server.router.forwardReceipt(this, { ids: [id], to: from, participant })
  }

  async #decrypt(author, node) {
    let message
    for (const enc of children(node, 'enc')) {
      const content = Buffer.from(enc.content)
      const part = enc.attrs.type === 'skmsg'
        ? await this.#signal.decryptFromGroup(node.attrs.from, author, content)
        : await this.#signal.decrypt(author, { type: enc.attrs.type, content })
      const inner = part.deviceSentMessage?.message ?? part
      const distribution = inner.senderKeyDistributionMessage
      if (distribution) {
        await this.#signal.learnSenderKey(distribution.groupId, author, Buffer.from(distribution.axolotlSenderKeyDistributionMessage))
      }
      if (!distribution || enc.attrs.type === 'skmsg' || !message) message = inner
    }
    return message
  }

  #keep(author, node, message) {
    const { id, from, participant, recipient, t } = node.attrs
    if (this.inbox.length >= MAX_INBOX) this.inbox.shift()
    const content = proto.Message.toObject(message, KEY_PARTS)
    delete content.messageContextInfo
    delete content.senderKeyDistributionMessage
    this.inbox.push({
      id,
      from: author.account.phone,
      device: author.id,
      chat: recipient ?? (jids.isGroup(from) ? from : jids.withoutDevice(participant ?? from)),
      fromMe: author.account === this.account,
      at: new Date(Number(t) * 1000).toISOString(),
      kind: Object.keys(content)[0] ?? null,
      text: textOf(message) ?? null,
      message: content
    })
  }

  #askAgain(node, error) {
    const { id, from, participant, t } = node.attrs
    const count = 1 + Number(children(node, 'enc')[0]?.attrs.count ?? 0)
    if (count > 5) {
      this.#server.record.problem(this.jid, `cannot read ${id} after ${count - 1} tries: ${error.message}`)
      return
    }
    this.#server.router.askAgain(this, { id, to: from, participant, content: this.#retry(id, count, t) })
  }

  #retry = (id, count, t) => [stanza('retry', { count, id, t, v: '1' }), stanza('registration', {}, bigEndian(this.#signal.registrationId, 4))]

  #receiveReceipt(node) {
    const { from, participant, recipient, type, t } = node.attrs
    if (this.receipts.length >= MAX_INBOX) this.receipts.shift()
    const reader = this.#server.accounts.find(participant ?? from)
    const chat = jids.withoutDevice(recipient ?? from)
    for (const id of idsOf(node)) {
      this.receipts.push({ id, chat, from: reader.phone, type: type ?? 'delivered', at: new Date(Number(t) * 1000).toISOString() })
    }
  }

  async #sendAgain(node) {
    const device = this.#server.accounts.findDevice(node.attrs.participant ?? node.attrs.from)
    const sent = this.#sent.get(node.attrs.id)
    const count = Number(children(node, 'retry')[0].attrs.count)
    if (!device || !sent || count > 5) return
    const again = { id: node.attrs.id, chat: sent.to, ...sent, count, fresh: true }
    if (!jids.isGroup(sent.to)) {
      await this.#sendTo(device, again)
      return
    }
    const distribution = await this.#signal.distribute(sent.to)
    const key = { groupId: sent.to, axolotlSenderKeyDistributionMessage: distribution }
    await this.#sendTo(device, { ...again, message: { ...sent.message, senderKeyDistributionMessage: key }, group: sent.to, address: this.lidJid })
  }

  async #sendTo(device, { id, chat, message, type, attrs, edit, category, count, fresh, group, unavailable, cipher, address = device.jid }) {
    if (unavailable && device.id !== 0) {
      const nothing = stanza('unavailable', { type: unavailable === true ? undefined : unavailable })
      this.#server.router.deliver(this, device, { id, type, edit, enc: nothing, chat, group, address, category })
      return
    }
    const isOwn = device.account === this.account && category !== 'peer' && !group
    const content = isOwn ? { deviceSentMessage: { destinationJid: chat, message } } : message
    const { type: kind, content: sealed } = await this.#signal.encrypt(device, content, { fresh })
    const enc = fresh
      ? stanza('enc', { v: 2, type: kind, count, ...attrs }, this.#garbled(device, sealed, 'garblesAgain'))
      : stanza('enc', { v: 2, type: (device.id !== 0 && cipher) || kind, count, ...attrs }, this.#garbled(device, sealed))
    this.#server.router.deliver(this, device, { id, type, edit, enc, chat, group, address, category })
  }

  /** What a device gets of a ciphertext: another one in its place, while this phone garbles. */
  #garbled(device, sealed, left = 'garbles') {
    if (this[left] === 0 || device.id === 0 || device.account === this.account) return sealed
    this[left]--
    const garbled = Buffer.from(sealed)
    garbled[garbled.length - 20] ^= 1    // of the text or its seal: the last bytes of a first message say something else
    return garbled
  }

  /** One ciphertext for all; whoever has not got this phone's group key yet gets it beside. */
  #sendToGroup(group, id, sent) {
    if (!group.members.has(this.account)) throw new RangeError(`${this.jid} is no member of ${group.jid}`)
    keep(this.#sent, id, sent)
    const { message, type, attrs, edit, cipher } = sent
    return this.#inOrder(async () => {
      const { content, distribution } = await this.#signal.encryptForGroup(group.jid, message)
      const holders = this.#keyHolders.get(group.jid) ?? new WeakSet()
      this.#keyHolders.set(group.jid, holders)
      for (const device of this.#server.groups.devices(group)) {
        if (device === this) continue
        const enc = [stanza('enc', { v: 2, type: (device.id !== 0 && cipher) || 'skmsg', ...attrs }, this.#garbled(device, content))]
        if (!holders.has(device)) {
          const key = { senderKeyDistributionMessage: { groupId: group.jid, axolotlSenderKeyDistributionMessage: distribution } }
          const sealed = await this.#signal.encrypt(device, key)
          enc.unshift(stanza('enc', { v: 2, type: sealed.type }, sealed.content))
          holders.add(device)
        }
        this.#server.router.deliver(this, device, { id, type, edit, enc, group: group.jid, address: this.lidJid })
      }
      return id
    })
  }

  async #sendPeer(device, protocolMessage) {
    await this.#sendTo(device, {
      id: this.#server.ids.message(),
      message: { protocolMessage },
      type: 'text',
      category: 'peer'
    })
  }

  async #shareKeys(device) {
    await this.#sendPeer(device, {
      type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
      appStateSyncKeyShare: this.appState.keyShare
    })
  }

  /** A companion asks its own phone for something. */
  async #receiveRequest(author, id, message) {
    const request = message.protocolMessage?.peerDataOperationRequestMessage
    if (request?.historySyncOnDemandRequest) {
      await this.#sendPeer(author, await this.#notification(this.history.before(request.historySyncOnDemandRequest), id))
      return
    }
    if (request?.placeholderMessageResendRequest?.length) {
      await this.#resend(author, id, request.placeholderMessageResendRequest)
      return
    }
    this.#server.record.problem(this.jid, `an unknown request of ${author.jid}: ${Object.keys(message.protocolMessage ?? message)}`)
  }

  /** A companion knows only that these messages came. A phone that has them no more says nothing. */
  async #resend(device, request, wanted) {
    const found = wanted.flatMap(({ messageKey }) => this.inbox.filter(each => each.id === messageKey.id).map(each => ({ key: messageKey, ...each })))
    if (found.length === 0) return
    await this.#sendPeer(device, {
      type: proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
      peerDataOperationRequestResponseMessage: {
        peerDataOperationRequestType: proto.Message.PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND,
        stanzaId: request,
        peerDataOperationResult: found.map(({ key, message, at }) => ({
          placeholderMessageResendResponse: {
            webMessageInfoBytes: proto.WebMessageInfo.encode(proto.WebMessageInfo.fromObject(
              { key, message, messageTimestamp: seconds(Date.parse(at)) })).finish()
          }
        }))
      }
    })
  }

  /** Tells everybody who asked for this account's devices that the list changed, and its own companions what the list is now. */
  #tellDevices(change, device) {
    const { account } = this
    const watchers = [...account.watchers, ...account.companions]
    for (const watcher of new Set(watchers)) {
      if (watcher === device || watcher.account.devices.get(watcher.id) !== watcher) {
        account.watchers.delete(watcher)
        continue
      }
      const isOwn = watcher.account === account
      const id = this.#server.ids.stanza()
      if (change === 'remove') watcher.toldGone.set(id, device.jid)
      watcher.deliver(isOwn
        ? stanza('notification', { id, type: 'account_sync', from: account.jid, t: seconds() }, [stanza('devices', {}, [...account.devices.values()].map(listed))])
        : stanza('notification', { id, type: 'devices', from: account.jid, t: seconds(), lid: account.publicLid }, [stanza(change, {}, [listed(device)])]))
    }
  }
}

const listed = ({ jid, keyIndex }) => stanza('device', { jid, 'key-index': keyIndex })

export function textOf(message) {
  const edited = message.protocolMessage?.editedMessage
  return edited ? textOf(edited)
    : message.conversation || message.extendedTextMessage?.text || message.imageMessage?.caption || message.videoMessage?.caption
      || message.documentMessage?.caption || message.reactionMessage?.text || undefined
}

function keep(map, key, value) {
  if (map.size >= MAX_SENT) map.delete(map.keys().next().value)
  map.set(key, value)
}
