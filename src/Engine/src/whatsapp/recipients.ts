import {
  extractDeviceJids, type FullJid, type GroupMetadata, isLidUser, isPnUser, jidEncode, type SignalRepositoryWithLIDStore, USyncQuery, USyncUser,
  WAMessageAddressingMode, type WASocket,
} from 'baileys'
import type { Device } from '../credentials/device.js'
import type { Log } from '../log/log.js'
import { redact } from '../log/redact.js'
import { bare, isGroup, isMe } from '../messages/address.js'
import { within } from '../numbers/deadline.js'
import type { BegunSessions } from './begunSessions.js'
import type { Encrypted } from './encryptions.js'
import type { KnownDevices } from './knownDevices.js'
import type { Memory } from './memory.js'
import { moveSessions } from './movedSessions.js'
import { asListed, hostedDevice, isThisOne, userOf } from './names.js'
import { asGroupRefusal } from './refusals.js'

/** Who gets what is sent to a chat. */
export class Recipients {
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(
    private readonly socket: Pick<WASocket, 'executeUSyncQuery' | 'groupMetadata'>,
    private readonly device: Device,
    private readonly memory: Memory,
    private readonly known: KnownDevices,
    private readonly addresses: Pick<SignalRepositoryWithLIDStore['lidMapping'], 'getLIDForPN' | 'storeLIDPNMappings'>,
    private readonly begun: Pick<BegunSessions, 'begin' | 'listed' | 'mayBegin'>,
    private readonly log: Log,
  ) {}

  /**
   * Asks the network for all that is not known of them yet, and of ourselves, since whatever goes out goes to our other devices too: the
   * devices, and the keys to write to those. The library would ask while it sends, and nothing else of the number leaves meanwhile.
   * @param limitMs How long it may wait for others who ask the same; what it asks itself is for the caller to limit.
   * @param isKeyNew Whether a group gets a new key of ours with the message, whoever has the present one.
   */
  find(jid: string, limitMs: number, isKeyNew = false): Promise<void> {
    const until = performance.now() + limitMs
    return this.#inTurn(jid, until, async () => {
      const people = await this.#peopleIn(jid)
      const isNew = isKeyNew || await this.#isKeyOfOthers(jid)
      const ours = new Set(people.filter((person) => this.#isMe(person)).map((person) => bare(person) ?? person))
      await Promise.all([
        ...[...ours].map((own) => this.#inTurn(`our own ${own}`, until, () => this.#prepare([own], jid, until, isNew))),
        this.#prepare(people.filter((person) => !this.#isMe(person)), jid, until, isNew),
      ])
    })
  }

  /** The same where the network told of a change since: the library would ask by itself, and have keys of theirs handed out once more. */
  async findAgain(jid: string, limitMs: number): Promise<void> {
    if ((await this.#peopleIn(jid)).some((person) => !this.known.get(userOf(person)))) {
      await this.find(jid, limitMs)
    }
  }

  /** Fails when the library has left out a device of those who get a message, or everybody but ourselves. */
  requireAll(jid: string, encrypted: Encrypted): void {
    if (encrypted.notFor.length > 0) {
      throw new Error('The message could not be encrypted for each device.')
    }
    if (!isGroup(jid) && encrypted.for.every((device) => this.#isMe(device) && !this.#isMe(jid))) {
      throw new Error('The message would go to nobody but ourselves.')
    }
  }

  /**
   * Lets the next message to a group begin with a new key when somebody who has the present one is no member any more. The library gives
   * our key to whoever comes, and takes it from nobody. Whether it did: then all who had that one get the new one, too.
   */
  async renewGroupKey(jid: string): Promise<boolean> {
    const isDue = await this.#isKeyOfOthers(jid)
    if (isDue) {
      await this.device.set({ 'sender-key-memory': { [jid]: null } })
    }
    return isDue
  }

  /** Whether somebody has our key of a group who is no member of it. */
  async #isKeyOfOthers(jid: string): Promise<boolean> {
    if (!isGroup(jid)) {
      return false
    }
    const members = new Set((await this.group(jid)).participants.flatMap(({ id, phoneNumber, lid }) => [id, phoneNumber, lid]))
    const holders = Object.keys(this.device.get('sender-key-memory', [jid])[jid] ?? {})
    return holders.some((holder) => !members.has(bare(holder)) && !this.#isMe(holder))
  }

  /**
   * A person as the network names them in a chat: a group knows its members by one of their two addresses, and a message of it that is
   * answered or read by the one of somebody it does not know by that.
   */
  async memberOf(jid: string, person: string): Promise<string> {
    if (!isGroup(jid)) {
      return person
    }
    const { participants, addressingMode } = await this.group(jid)
    const member = participants.find(({ id, phoneNumber, lid }) => [id, phoneNumber, lid].includes(person))
    // Who has left is known from what they wrote.
    return member?.id ?? (addressingMode === WAMessageAddressingMode.LID && isPnUser(person) ? bare(await this.addresses.getLIDForPN(person)) : undefined) ?? person
  }

  /** Work of one kind, one after the other: what the first asks in vain the next asks for itself, and what it learns nobody asks again. */
  async #inTurn(kind: string, until: number, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(kind)
    const mine = (before ? within(Math.max(0, until - performance.now()), before) : Promise.resolve()).then(work)
    const over = mine.catch(() => undefined)
    this.#turns.set(kind, over)
    try {
      await mine
    } finally {
      if (this.#turns.get(kind) === over) {
        this.#turns.delete(kind)
      }
    }
  }

  #isMe(person: string): boolean {
    const { me } = this.device.creds
    return isMe(person, { id: me?.id, lid: me?.lid })
  }

  /** As the library addresses our other devices in a chat with a person. */
  #ourselves(jid: string): string[] {
    const { me } = this.device.creds
    const own = isLidUser(jid) && me?.lid ? me.lid : me?.id
    return own ? [own] : []
  }

  async #peopleIn(jid: string): Promise<string[]> {
    return isGroup(jid) ? (await this.group(jid)).participants.map(({ id }) => id) : [jid, ...this.#ourselves(jid)]
  }

  async #prepare(people: string[], chat: string, until: number, isKeyNew: boolean): Promise<void> {
    const isReceiver = (person: string) => !isGroup(chat) && !this.#isMe(person)
    const strangers = people.filter((person) => !this.known.isFresh(userOf(person), isReceiver(person)))
    if (strangers.length > 0) {
      await this.#lookUp(strangers)
    }
    const haveKey = isGroup(chat) && !isKeyNew ? this.device.get('sender-key-memory', [chat])[chat] ?? {} : {}
    // Of those that were left out there may be keys now. While they are asked for, what is in the line goes without.
    const all = people.map(userOf).flatMap((user) => this.known.all(user))
      .filter(({ device }) => !isGroup(chat) || device !== hostedDevice)
      .map(({ user, server, device }) => jidEncode(user, server, device))
    const devices = all.filter((device) => !this.known.isLeftOut(device) || this.begun.mayBegin(device))
    let unreachable: string[] = []
    try {
      unreachable = await this.begun.begin(devices.filter((device) => !haveKey[device]), until)
    } finally {
      devices.forEach((device) => this.known.takeIn(device))
      unreachable.forEach((device) => this.known.leaveOut(device))
    }
    if (unreachable.length > 0) {
      this.log('warning', 'devices are left out: the network has no keys of them', undefined, { devices: redact(unreachable.join(' ')) })
    }
    const isTheirs = isGroup(chat) ? all.length > 0 && !people.some((person) => this.#isMe(person)) : people.includes(chat)
    const isReached = devices.length > unreachable.length || all.some((device) => haveKey[device])
    if (isTheirs && !isReached && (all.length > 0 || !this.#isMe(chat))) {
      // It would go to our own other devices alone.
      throw new Error('No device of who is written to can be had.')
    }
  }

  // The library can do this, too, but has new keys of everybody handed out each time: one key less in store for each of these people, one
  // session more for each of our conversations. Where there is a session, it goes on.
  async #lookUp(people: string[]): Promise<void> {
    const { me } = this.device.creds
    if (!me) {
      return
    }
    const query = new USyncQuery().withContext('message').withDeviceProtocol().withLIDProtocol()
    people.forEach((person) => query.withUser(new USyncUser().withId(bare(person) ?? person)))
    const { asOf } = this.known
    const answer = await this.socket.executeUSyncQuery(query)
    if (!answer) {
      throw new Error('The network did not say which devices there are.')
    }
    const pairs = answer.list.flatMap(({ id, lid }) => typeof lid === 'string' && isPnUser(id) ? [{ pn: id, lid }] : [])
    const named = extractDeviceJids(answer.list, me.id, me.lid ?? '', false).map(asListed).filter((each) => !isThisOne(each, this.device))
    await this.addresses.storeLIDPNMappings(pairs)
    await moveSessions(this.device, pairs, named)
    const found = new Map<string, FullJid[]>()
    named.forEach((device) => found.set(device.user, [...(found.get(device.user) ?? []), device]))
    const nobodys = people.map(userOf).filter((user) => !found.has(user) && !this.known.isNamed(user))
    // Who is asked about alone can be named by another address of theirs. Of the others it is known that there are none: the library would ask.
    nobodys.forEach((user) => found.set(user, people.length === 1 ? named : []))
    const late = [...found].filter(([user, devices]) => !this.known.renew(user, devices, asOf)).map(([user]) => user)
    late.forEach((user) => found.delete(user))
    this.begun.listed(named.map(({ user, server, device }) => jidEncode(user, server, device)))
    const lists = [...found].filter(([, devices]) => devices.length > 0).map(([user, devices]) => [user, devices.map(({ device }) => `${device ?? 0}`)])
    if (lists.length > 0) {
      await this.device.set({ 'device-list': Object.fromEntries(lists) })
    }
    if (lists.length < found.size) {
      this.log('information', 'the network names no devices of some people', undefined, { people: found.size - lists.length })
    }
    const again = people.filter((person) => late.includes(userOf(person)))
    if (again.length > 0) {
      await this.#lookUp(again)
    }
  }

  async group(jid: string): Promise<GroupMetadata> {
    const known = this.memory.groups.get(jid)
    if (known) {
      return known
    }
    const group = await this.socket.groupMetadata(jid).catch((error: unknown) => {
      throw asGroupRefusal(error)
    })
    this.memory.groups.keep(group)
    return group
  }
}
