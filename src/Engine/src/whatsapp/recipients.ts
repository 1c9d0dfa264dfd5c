import { type GroupMetadata, isPnUser, WAMessageAddressingMode, type WASocket } from 'baileys'
import type { Device } from '../credentials/device.js'
import { bare, isGroup, isMe } from '../messages/address.js'
import type { Memory } from './memory.js'
import { asGroupRefusal } from './refusals.js'

/** The place of a device that the network itself hosts, which the library gives no group key. */
const hostedDevice = 99

/** Who gets what is sent to a chat. */
export class Recipients {
  constructor(
    private readonly socket: Pick<WASocket, 'getUSyncDevices' | 'assertSessions' | 'groupMetadata'>,
    private readonly device: Device,
    private readonly memory: Memory,
    private readonly addresses: Pick<WASocket['signalRepository']['lidMapping'], 'getLIDForPN'>,
  ) {}

  /**
   * Asks the network for all that is not known of them yet: their devices, and the keys to write to those. The library would ask while it
   * sends, and nothing else of the number leaves meanwhile. About our own devices it still does: whatever goes out goes to them too.
   */
  async find(jid: string): Promise<void> {
    const people = isGroup(jid) ? (await this.group(jid)).participants.map(({ id }) => id) : [jid]
    const { me } = this.device.creds
    const others = people.filter((person) => !isMe(person, { id: me?.id, lid: me?.lid }))
    if (others.length === 0) {
      return
    }
    const devices = await this.socket.getUSyncDevices(others, true, false)
    const haveKey = isGroup(jid) ? this.device.get('sender-key-memory', [jid])[jid] ?? {} : {}
    await this.socket.assertSessions(devices.filter((each) => !haveKey[each.jid] && each.device !== hostedDevice).map((each) => each.jid))
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
