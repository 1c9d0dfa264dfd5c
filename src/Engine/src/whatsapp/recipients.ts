import {
  extractDeviceJids, type GroupMetadata, isLidUser, isPnUser, jidDecode, jidEncode, type SignalRepositoryWithLIDStore, USyncQuery, USyncUser,
  WAMessageAddressingMode, type WASocket,
} from 'baileys'
import type { Device } from '../credentials/device.js'
import { bare, isGroup, isMe } from '../messages/address.js'
import type { KnownDevices } from './knownDevices.js'
import type { Memory } from './memory.js'
import { asGroupRefusal } from './refusals.js'

/** The place of a device that the network itself hosts, which the library gives no group key. */
const hostedDevice = 99

/** Who gets what is sent to a chat. */
export class Recipients {
  constructor(
    private readonly socket: Pick<WASocket, 'executeUSyncQuery' | 'assertSessions' | 'groupMetadata'>,
    private readonly device: Device,
    private readonly memory: Memory,
    private readonly known: KnownDevices,
    private readonly addresses: Pick<SignalRepositoryWithLIDStore['lidMapping'], 'getLIDForPN' | 'storeLIDPNMappings'>,
  ) {}

  /**
   * Asks the network for all that is not known of them yet, and of ourselves, since whatever goes out goes to our other devices too: the
   * devices, and the keys to write to those. The library would ask while it sends, and nothing else of the number leaves meanwhile.
   */
  async find(jid: string): Promise<void> {
    const people = isGroup(jid) ? (await this.group(jid)).participants.map(({ id }) => id) : [...new Set([jid, ...this.#ourselves(jid)])]
    await this.#lookUp(people.filter((person) => !this.known.fresh(userOf(person))))
    const haveKey = isGroup(jid) ? this.device.get('sender-key-memory', [jid])[jid] ?? {} : {}
    const devices = people.flatMap((person) => this.known.fresh(userOf(person)) ?? [])
    const others = devices.filter(({ device }) => device !== hostedDevice).map(({ user, server, device }) => jidEncode(user, server, device))
    await this.socket.assertSessions(others.filter((each) => !haveKey[each]))
  }

  /**
   * Lets the next message to a group begin with a new key when somebody who has the present one is no member any more. The library gives
   * our key to whoever comes, and takes it from nobody.
   */
  async renewGroupKey(jid: string): Promise<void> {
    if (!isGroup(jid)) {
      return
    }
    const { me } = this.device.creds
    const members = new Set((await this.group(jid)).participants.flatMap(({ id, phoneNumber, lid }) => [id, phoneNumber, lid]))
    const holders = Object.keys(this.device.get('sender-key-memory', [jid])[jid] ?? {})
    if (holders.some((holder) => !members.has(bare(holder)) && !isMe(holder, { id: me?.id, lid: me?.lid }))) {
      await this.device.set({ 'sender-key-memory': { [jid]: null } })
    }
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

  /** As the library addresses our other devices in a chat with a person. */
  #ourselves(jid: string): string[] {
    const { me } = this.device.creds
    const own = isLidUser(jid) && me?.lid ? me.lid : me?.id
    return own ? [bare(own) ?? own] : []
  }

  // The library can do this, too, but has new keys of everybody handed out each time: one key less in store for each of these people, one
  // session more for each of our conversations. Where there is a session, it goes on.
  async #lookUp(people: string[]): Promise<void> {
    const { me } = this.device.creds
    if (people.length === 0 || !me) {
      return
    }
    const query = new USyncQuery().withContext('message').withDeviceProtocol().withLIDProtocol()
    people.forEach((person) => query.withUser(new USyncUser().withId(person)))
    const list = (await this.socket.executeUSyncQuery(query))?.list ?? []
    await this.addresses.storeLIDPNMappings(list.flatMap(({ id, lid }) => typeof lid === 'string' && isPnUser(id) ? [{ pn: id, lid }] : []))
    const devices = extractDeviceJids(list, me.id, me.lid ?? '', false)
    const found = [...new Set(devices.map(({ user }) => user))].map((user) => ({ user, devices: devices.filter((each) => each.user === user) }))
    if (found.length > 0) {
      await this.device.set({ 'device-list': Object.fromEntries(found.map(({ user, devices }) => [user, devices.map(({ device }) => `${device ?? 0}`)])) })
    }
    found.forEach(({ user, devices }) => this.known.set(user, devices))
  }

  async group(jid: string): Promise<GroupMetadata> {
    const known = this.memory.group(jid)
    if (known) {
      return known
    }
    const group = await this.socket.groupMetadata(jid).catch((error: unknown) => {
      throw asGroupRefusal(error)
    })
    this.memory.keepGroup(group)
    return group
  }
}

function userOf(jid: string): string {
  return jidDecode(jid)?.user ?? jid
}
