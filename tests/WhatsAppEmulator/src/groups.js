import { bytes, child, children, seconds, stanza } from './stanza.js'

const MAX_GROUPS = 10_000

/** Who talks in which group. Members are addressed by their hidden address, as in every newer group. */
export class Groups {
  #server
  #groups = new Map()

  constructor(server) {
    this.#server = server
  }

  has = jid => this.#groups.has(jid)

  find(jid) {
    const group = this.#groups.get(jid)
    if (!group) throw new RangeError(`no group ${jid}`)
    return group
  }

  create(creator, subject, members) {
    if (this.#groups.size >= MAX_GROUPS) throw new RangeError(`more than ${MAX_GROUPS} groups`)
    const jid = `${this.#server.ids.group()}@g.us`
    this.#groups.set(jid, { jid, subject, creator, createdAt: seconds(), members: new Set([creator, ...members]), admins: new Set() })
    return this.#groups.get(jid)
  }

  save() {
    const phones = accounts => [...accounts].map(account => account.phone)
    return [...this.#groups.values()].map(({ creator, members, admins, ...group }) => (
      { ...group, creator: creator.phone, members: phones(members), admins: phones(admins) }))
  }

  restore(groups) {
    const { byPhone } = this.#server.accounts
    for (const { creator, members, admins, ...group } of groups) {
      this.#groups.set(group.jid, { ...group, creator: byPhone(creator), members: new Set(members.map(byPhone)), admins: new Set(admins.map(byPhone)) })
    }
  }

  /** Changes who is in a group, or an administrator of it, and tells everybody it concerns. `change` is `add`, `remove`, `promote` or `demote`. */
  change(group, actor, change, members) {
    const concerned = new Set([...group.members, ...members])
    for (const member of members) {
      if (change === 'add') group.members.add(member)
      if (change === 'remove') group.members.delete(member)
      if (change === 'promote') group.admins.add(member)
      else group.admins.delete(member)
    }
    for (const account of concerned) {
      for (const device of account.companions) {
        device.deliver(stanza('notification', {
          id: this.#server.ids.stanza(),
          type: 'w:gp2',
          from: group.jid,
          participant: actor.lidJid,
          participant_pn: actor.jid,
          addressing_mode: 'lid',
          t: seconds()
        }, [stanza(change, {}, members.map(member => participant(member)))]))
      }
    }
  }

  /** A device has confirmed that it knows who came or went. */
  confirmed(device, node) {
    const knows = (jid) => `${node.attrs.from} ${this.#server.accounts.find(jid).phone}`
    for (const { attrs: { jid } } of children(child(node, 'remove'), 'participant')) device.knowsLeft.add(knows(jid))
    for (const { attrs: { jid } } of children(child(node, 'add'), 'participant')) device.knowsLeft.delete(knows(jid))
  }

  describe = group => stanza('group', {
    id: group.jid.split('@')[0],
    subject: group.subject,
    s_t: group.createdAt,
    s_o: group.creator.lidJid,
    creation: group.createdAt,
    creator: group.creator.lidJid,
    creator_pn: group.creator.jid,
    addressing_mode: 'lid'
  }, [...group.members].map(account => participant(account, roleIn(group, account))))

  ofMember = account => [...this.#groups.values()].filter(group => group.members.has(account))

  /** Why a message is none that the group can take. */
  flawIn(device, node) {
    const group = this.#groups.get(node.attrs.to)
    if (!group.members.has(device.account)) return 'a message of somebody who is no member'
    if (node.attrs.participant) return undefined
    if (child(node, 'enc')?.attrs.type !== 'skmsg') return 'a message to a group without a group ciphertext'
    const ciphertext = Buffer.from(child(node, 'enc').content)
    for (const left of device.knowsLeft) {
      const [jid, phone] = left.split(' ')
      if (jid === group.jid && this.#server.accounts.byPhone(phone)?.owner.hasGroupKey(jid, device, ciphertext)) {
        return 'a message that somebody who left the group has the key for'
      }
    }
    const receivers = children(child(node, 'participants'), 'to').map(part => this.#server.accounts.find(part.attrs.jid))
    if (!receivers.every(account => group.members.has(account))) return 'a group key for somebody who is no member'
    return undefined
  }

  /** One group ciphertext for every device, and beside it the key for those that get one. */
  fanOut(author, node, { participant: only, direct, ...common }) {
    const group = this.#groups.get(node.attrs.to)
    if (only) {
      const target = this.#server.accounts.findDevice(only)
      if (target) this.#server.router.deliver(author, target, { ...common, enc: direct, group: group.jid, address: only })
      return
    }
    const keys = new Map(children(child(node, 'participants'), 'to')
      .map(part => [this.#server.accounts.findDevice(part.attrs.jid), child(part, 'enc')]))
    const address = node.attrs.addressing_mode === 'pn' ? author.jid : author.lidJid
    for (const device of this.devices(group)) {
      if (device === author) continue
      const enc = keys.has(device) ? [keys.get(device), direct] : [direct]
      this.#server.router.deliver(author, device, { ...common, enc, group: group.jid, address })
    }
  }

  devices = group => [...group.members].flatMap(account => [...account.devices.values()])

  /** The answers to what companions ask of groups; undefined for what is not known. */
  answer({ device, node, inner }) {
    if (node.attrs.to === '@g.us') return this.#answerForAll(device, node, inner)
    const group = this.#groups.get(node.attrs.to)
    switch (inner.tag) {
      case 'query':
        return [this.describe(group)]
      case 'subject':
        group.subject = bytes(node, 'subject').toString()
        return []
      case 'add':
      case 'remove': {
        const members = children(inner, 'participant').map(each => this.#server.accounts.find(each.attrs.jid))
        if (members.includes(undefined)) return undefined
        this.change(group, device.account, inner.tag, members)
        return [stanza(inner.tag, {}, members.map(member => participant(member)))]
      }
      default:
        return undefined
    }
  }

  #answerForAll(device, node, inner) {
    if (node.attrs.type === 'get' && inner.tag === 'participating') {
      return [stanza('groups', {}, this.ofMember(device.account).map(this.describe))]
    }
    if (node.attrs.type !== 'set' || inner.tag !== 'create' || !inner.attrs.subject) return undefined
    const members = children(inner, 'participant').map(each => this.#server.accounts.find(each.attrs.jid))
    if (members.includes(undefined)) return undefined
    return [this.describe(this.create(device.account, inner.attrs.subject, members))]
  }
}

function roleIn({ creator, admins }, account) {
  return account === creator ? 'superadmin' : admins.has(account) ? 'admin' : undefined
}

function participant(account, type) {
  return stanza('participant', { jid: account.lidJid, phone_number: account.jid, type })
}
