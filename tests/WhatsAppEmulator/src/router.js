import { flawOf } from './device-identity.js'
import * as jids from './jids.js'
import { continueBacklog } from './login.js'
import { bytes, child, children, outline, seconds, stanza } from './stanza.js'

const RECEIPTS = new Set([undefined, 'inactive', 'read', 'read-self', 'played', 'sender', 'retry', 'hist_sync', 'peer_msg'])
const OWN_RECEIPTS = new Set(['sender', 'hist_sync', 'peer_msg'])
const READ_RECEIPTS = new Set(['read', 'read-self'])

/** Carries messages, receipts and their confirmations between devices, and refuses what the real server would refuse. */
export class Router {
  #server

  constructor(server) {
    this.#server = server
  }

  message(connection, node) {
    const { device } = connection
    const { id, to } = node.attrs
    const flaw = this.#flawIn(device, node)
    if (flaw) {
      this.#server.record.problem(connection.name, `${flaw}: ${outline(node)}`)
      this.#acknowledge(connection, node, { error: 479 })
      return
    }

    for (const jid of this.#goneIn(device, node)) {
      this.#server.record.problem(connection.name, `a ciphertext for ${jid}, which it knows to be gone: ${outline(node)}`)
    }
    const isRepeat = this.#server.record.sent({ id, from: device.jid, to, withToken: child(node, 'tctoken') !== undefined })
    const fault = this.#server.faults.take('ack', device.account.phone, about => this.#server.accounts.find(to)?.phone === about)
    const isLost = fault?.kind === 'error' || fault?.delivered === false || (isRepeat && this.#server.faults.swallowRepeats)
    if (!isLost) this.#fanOut(device, node)
    this.#answerMessage(connection, node, fault)
  }

  receipt(connection, node) {
    const { id, to, type } = node.attrs
    const flaw = this.#flawInReceipt(node)
    if (flaw) {
      this.#server.record.problem(connection.name, `${flaw}: ${outline(node)}`)
      return
    }
    this.#acknowledge(connection, node, { type, participant: node.attrs.participant })
    const { device } = connection
    if (type !== 'retry' && type !== 'read' && type !== 'read-self' && type !== 'played') {
      for (const each of idsOf(node)) this.confirm(device, each)
      continueBacklog(connection)
    }
    const { participant } = node.attrs
    if (type === 'retry') this.#askAgain(device, node)
    else if (READ_RECEIPTS.has(type)) this.read(device, { ids: idsOf(node), to, type, participant })
    else if (!OWN_RECEIPTS.has(type)) this.forwardReceipt(device, { ids: idsOf(node), to, type, participant })
  }

  /** A device's owner has read messages: told to their author, unless the owner keeps that to themselves, and to the owner's other devices. */
  read(reader, { ids, to, type, participant }) {
    if (type === 'read') this.forwardReceipt(reader, { ids, to, type, participant })
    const own = jids.isLid(participant ?? to) ? reader.account.lidJid : reader.account.jid
    const attrs = participant ? { from: to, participant: own } : { from: own, recipient: jids.withoutDevice(to) }
    for (const device of reader.account.devices.values()) {
      if (device !== reader) device.deliver(receipt(ids, { ...attrs, type }))
    }
  }

  /** A message has arrived for good: it will not be delivered again. */
  confirm(device, id) {
    if (device.confirm('message', id)) this.#server.record.receipted({ id, to: device.jid })
  }

  /** The receiver's word about a message, to every device of its author. */
  forwardReceipt(receiver, { ids, to, type, participant }) {
    const author = this.#server.accounts.find(participant ?? to)
    if (!author) {
      this.#server.record.problem(receiver.jid, `a receipt for nobody: ${to}`)
      return
    }
    const isLid = jids.isLid(participant ?? to)
    const own = isLid ? receiver.account.lidJid : receiver.account.jid
    for (const device of author.devices.values()) {
      if (device !== receiver) device.deliver(receipt(ids, { from: participant ? to : own, participant: participant ? own : undefined, type }))
    }
  }

  acknowledged(connection, node) {
    const { class: kind, id, type, error } = node.attrs
    const { device } = connection
    const confirmed = device.confirm(kind, id, type)
    if (!confirmed) {
      this.#server.record.problem(connection.name, `confirms what it was not sent: ${outline(node)}`)
    } else if (kind === 'message') {
      this.#server.record.receipted({ id, to: device.jid, error })
    } else if (type === 'devices' || type === 'account_sync') {
      device.confirmGone(id)
    } else if (type === 'w:gp2') {
      this.#server.groups.confirmed(device, confirmed)
    }
    continueBacklog(connection)
  }

  presence(connection, node) {
    const { to, type } = node.attrs
    if (node.tag === 'chatstate') {
      this.#chatstate(connection, node)
    } else if (node.tag === 'presence' && type !== undefined && !['available', 'unavailable', 'subscribe'].includes(type)) {
      this.#server.record.problem(connection.name, `unknown presence: ${outline(node)}`)
    } else if (to !== undefined && !this.#isKnown(to)) {
      this.#server.record.problem(connection.name, `presence for nobody: ${outline(node)}`)
    } else if (to === undefined) {
      this.#available(connection, node)
    }
  }

  /** A device says whether it is in use, and what its owner is called. Without a type it is: then it is shown as online, and the phone does not ring. */
  #available(connection, { attrs: { type, name } }) {
    const { device } = connection
    connection.isAvailable = type !== 'unavailable'
    device.saidName = name ?? device.saidName
    if (connection.isAvailable) this.#server.record.cameOnline({ device: device.jid, name })
  }

  /** Somebody writes, or stopped: told to who is connected at this moment, and kept by nobody. */
  chatstate(author, to, content) {
    const isInGroup = jids.isGroup(to)
    const peers = isInGroup ? [...this.#server.groups.find(to).members] : [this.#server.accounts.find(to)]
    const own = isInGroup || jids.isLid(to) ? author.lidJid : author.jid
    const attrs = isInGroup ? { from: to, participant: own } : { from: own }
    for (const peer of peers) {
      if (!peer || peer === author) continue
      for (const device of peer.companions) {
        if (device.connection?.isLive) device.connection.send(stanza('chatstate', attrs, content))
      }
    }
  }

  #chatstate(connection, node) {
    const { device } = connection
    const flaw = this.#flawInChatstate(device, node)
    if (flaw) {
      this.#server.record.problem(connection.name, `${flaw}: ${outline(node)}`)
      return
    }
    const [content] = children(node)
    const { to } = node.attrs
    this.#server.record.typed({ from: device.account.jid, to, state: content.attrs.media ? 'recording' : content.tag })
    this.chatstate(device.account, to, [content])
  }

  #flawInChatstate(device, node) {
    const { to, from } = node.attrs
    const [content, ...more] = children(node)
    if (!['composing', 'paused'].includes(content?.tag) || more.length > 0) return 'a chatstate without a state'
    if (content.attrs.media !== undefined && (content.tag !== 'composing' || content.attrs.media !== 'audio')) return 'a chatstate of unknown media'
    if (!to) return 'a chatstate without a chat'
    if (!this.#isKnown(to)) return 'a chatstate for nobody'
    if (from !== undefined && this.#server.accounts.find(from) !== device.account) return 'a chatstate of somebody else'
    return undefined
  }

  /**
   * Hands one ciphertext to one device. `chat` is where it belongs for devices of the author's own account, `address` the form
   * of address (phone number or hidden) that the author used, `group` the group it was sent to. To a list of the author it is `chat`.
   */
  deliver(author, target, { id, type, enc, chat, address, group, category, edit, proof, t = seconds() }) {
    const isLid = jids.isLid(address)
    const isOwn = author.account === target.account
    const alternative = account => isLid ? account.jid : account.publicLid
    const attrs = { id, type, t, notify: author.account.name, category, edit }
    const own = isLid ? author.lidJid : author.jid
    const place = group ?? (jids.isList(chat) ? chat : undefined)
    if (place) {
      Object.assign(attrs, { from: place, participant: own, addressing_mode: isLid ? 'lid' : 'pn' })
      attrs[isLid ? 'participant_pn' : 'participant_lid'] = alternative(author.account)
    } else if (isOwn && category !== 'peer') {
      const peer = this.#server.accounts.find(chat)
      Object.assign(attrs, { from: own, recipient: chat })
      attrs[isLid ? 'peer_recipient_pn' : 'peer_recipient_lid'] = peer && alternative(peer)
    } else {
      attrs.from = own
      if (category !== 'peer') attrs[isLid ? 'sender_pn' : 'sender_lid'] = alternative(author.account)
    }
    const content = [enc].flat()
    if (proof && content.some(part => part.attrs.type === 'pkmsg')) content.push(stanza('device-identity', {}, proof))
    target.deliver(stanza('message', attrs, content))
  }

  #fanOut(author, node) {
    const { id, to, type, category, edit, participant } = node.attrs
    const proof = bytes(node, 'device-identity')
    const direct = child(node, 'enc')
    const common = { id, type, edit, proof, chat: to }
    if (jids.isGroup(to)) {
      this.#server.groups.fanOut(author, node, { ...common, participant, direct })
    } else if (direct) {
      const target = category === 'peer' ? author.account.owner : this.#server.accounts.findDevice(to)
      const chat = node.attrs.recipient ?? to
      if (target) this.deliver(author, target, { ...common, chat, enc: direct, address: to, category })
    } else {
      for (const part of children(child(node, 'participants'), 'to')) {
        const target = this.#server.accounts.findDevice(part.attrs.jid)
        if (target) this.deliver(author, target, { ...common, enc: child(part, 'enc'), address: part.attrs.jid })
      }
    }
  }

  #answerMessage(connection, node, fault) {
    switch (fault?.kind) {
      case 'lost':
        return
      case 'late':
        this.#server.faults.later(fault.ms, () => this.#acknowledge(connection, node))
        return
      case 'held':
        this.#server.faults.hold(() => this.#acknowledge(connection, node))
        return
      case 'error':
        this.#acknowledge(connection, node, { error: fault.code })
        return
      case 'double':
        this.#acknowledge(connection, node)
    }
    this.#acknowledge(connection, node)
  }

  #acknowledge(connection, { tag, attrs }, more = {}) {
    connection.send(stanza('ack', { class: tag, id: attrs.id, from: attrs.to, t: seconds(), ...more }))
  }

  #askAgain(device, node) {
    const { id, to, participant } = node.attrs
    this.#server.record.asked({ id, by: device.jid })
    const author = this.#server.accounts.findDevice(participant ?? to)
    const isLid = jids.isLid(participant ?? to)
    author?.deliver(stanza('receipt', {
      id,
      from: participant ? to : isLid ? device.lidJid : device.jid,
      participant: participant ? isLid ? device.lidJid : device.jid : undefined,
      type: 'retry',
      t: seconds()
    }, node.content))
  }

  /** The same for a phone, which asks in a call instead of a stanza. */
  askAgain(phone, { id, to, participant, content }) {
    this.#askAgain(phone, stanza('receipt', { id, to, participant }, content))
  }

  #isKnown = jid => jids.isGroup(jid) ? this.#server.groups.has(jid) : this.#server.accounts.find(jid) !== undefined

  #flawIn(device, node) {
    const { id, to, type, category, participant } = node.attrs
    if (!id) return 'a message without an id'
    if (!['text', 'media', 'reaction', 'poll', 'event'].includes(type)) return 'a message without a known type'
    if (!this.#isKnown(to)) return 'a message for nobody'
    const direct = children(node, 'enc')
    const parts = children(child(node, 'participants'), 'to')
    if (!parts.every(part => this.#server.accounts.find(part.attrs.jid))) return 'a participant that is nobody'
    if (new Set(parts.map(part => part.attrs.jid)).size < parts.length) return 'a device that is named twice'
    const encs = [...direct, ...parts.flatMap(part => children(part, 'enc'))]
    if (encs.length !== direct.length + parts.length || encs.length === 0) return 'a message without one ciphertext for each device'
    if (!encs.every(({ attrs, content }) => attrs.v === '2' && ['msg', 'pkmsg', 'skmsg'].includes(attrs.type) && content?.length)) {
      return 'a ciphertext that is none'
    }
    if (encs.some(({ attrs }) => attrs.type === 'pkmsg') && category !== 'peer') {
      const flaw = this.#flawInProof(device, bytes(node, 'device-identity'))
      if (flaw) return `the proof of a device that opens a session ${flaw}`
    }
    const token = bytes(node, 'tctoken')
    if (token && !device.account.tokens.get(this.#server.accounts.find(to)?.phone)?.token.equals(token)) return 'a token that its receiver did not give'
    if (jids.isGroup(to)) return this.#server.groups.flawIn(device, node)
    if (direct.length === 0 && !participant) {
      const reached = new Set(parts.map(part => this.#server.accounts.findDevice(part.attrs.jid)))
      if (!reached.has(this.#server.accounts.find(to).owner)) return "a message that leaves out the receiver's phone"
      if (!reached.has(device.account.owner)) return 'a message that leaves out the own phone'
    }
    return undefined
  }

  /** The devices that get nothing of a message because they are gone, as its author was told before it was written. */
  #goneIn(device, node) {
    return children(child(node, 'participants'), 'to').map(part => part.attrs.jid)
      .filter(jid => device.knowsGone.has(jids.pn(this.#server.accounts.find(jid).phone, jids.parse(jid).device)))
  }

  #flawInProof(device, proof) {
    if (!proof) return 'is missing'
    if (device.proof?.equals(proof)) return undefined    // the same bytes with every message, and slow to check
    const flaw = flawOf(proof, { accountKey: device.account.owner.identity, deviceIdentity: device.identity })
    if (!flaw) device.proof = proof
    return flaw
  }

  #flawInReceipt(node) {
    const { id, to, type, participant } = node.attrs
    if (!id || !to) return 'a receipt without id or receiver'
    if (!RECEIPTS.has(type)) return 'an unknown receipt'
    const isKnown = jids.isList(to) ? this.#server.accounts.find(participant)?.owner.hasList(to) : this.#isKnown(to)
    if (!isKnown) return 'a receipt for nobody'
    if (type !== 'retry') return undefined
    const retry = child(node, 'retry')?.attrs
    if (!retry || !(Number(retry.count) > 0) || retry.id !== id || retry.v !== '1' || !retry.t) return 'a retry receipt without count, id, version or time'
    if (bytes(node, 'registration')?.length !== 4) return 'a retry receipt without a registration id'
    return undefined
  }
}

function receipt([id, ...more], attrs) {
  return stanza('receipt', { id, ...attrs, t: seconds() }, more.length > 0 ? [stanza('list', {}, more.map(each => stanza('item', { id: each })))] : undefined)
}

export const idsOf = node =>
  [node.attrs.id, ...children(child(node, 'list'), 'item').map(item => item.attrs.id)]
