import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GroupMetadata } from 'baileys'
import { Device } from '#engine/credentials/device.js'
import type { Entry } from '#engine/rpc/contract.js'
import { KnownDevices } from '#engine/whatsapp/knownDevices.js'
import { Memory } from '#engine/whatsapp/memory.js'
import { Recipients } from '#engine/whatsapp/recipients.js'

const group = '120363000000000001@g.us'
const [ami, amiHidden] = ['919800000001@s.whatsapp.net', '111@lid']
const [gone, goneHidden] = ['919800000002@s.whatsapp.net', '222@lid']

function recipients(addressingMode: 'lid' | 'pn', member: GroupMetadata['participants'][number]): Recipients {
  const socket = {
    executeUSyncQuery: () => Promise.resolve(undefined),
    assertSessions: () => Promise.resolve(false),
    groupMetadata: () => Promise.resolve({ id: group, addressingMode, participants: [member] } as unknown as GroupMetadata),
  }
  return new Recipients(socket, new Device(undefined, () => Promise.resolve()), Memory.of(new Map()), new KnownDevices(), {
    getLIDForPN: (phone) => Promise.resolve(phone === gone ? goneHidden : null),
    storeLIDPNMappings: () => Promise.resolve(),
  })
}

describe('a person', () => {
  test('is named in a group as it names its members, and by what is known of who left', async () => {
    const hidden = recipients('lid', { id: amiHidden, phoneNumber: ami })
    assert.equal(await hidden.memberOf(group, ami), amiHidden)
    assert.equal(await hidden.memberOf(group, amiHidden), amiHidden)
    assert.equal(await hidden.memberOf(group, gone), goneHidden)

    const open = recipients('pn', { id: ami, lid: amiHidden })
    assert.equal(await open.memberOf(group, amiHidden), ami)
    assert.equal(await open.memberOf(group, gone), gone)
  })

  test('is named as always where there is no group', async () => {
    assert.equal(await recipients('lid', { id: amiHidden, phoneNumber: ami }).memberOf(ami, ami), ami)
  })
})

describe('the devices of a person', () => {
  const [own, ownHidden] = ['919800000009:7@s.whatsapp.net', '999:7@lid']

  // What the network answers: to each of these questions, the devices of those whom it knows.
  async function finding(known: Record<string, number[]>) {
    const asked: { people: string[]; context: string }[] = []
    const sessions: { devices: string[]; force: boolean | undefined }[] = []
    const mappings: { pn: string; lid: string }[] = []
    const clock = { ms: 0 }
    const device = new Device(undefined, () => Promise.resolve())
    device.creds.me = { id: own, lid: ownHidden }
    const found = new Recipients({
      executeUSyncQuery: ({ users, context }) => {
        const people = users.flatMap(({ id }) => id ?? [])
        asked.push({ people, context })
        const list = people.flatMap((id) => known[id] ? [{ id, lid: '111@lid', devices: { deviceList: known[id].map((each) => ({ id: each, keyIndex: each })) } }] : [])
        return Promise.resolve({ list, sideList: [] })
      },
      assertSessions: (devices, force) => {
        sessions.push({ devices, force })
        return Promise.resolve(true)
      },
      groupMetadata: () => Promise.resolve({ id: group, participants: [{ id: amiHidden }, { id: ownHidden }] } as unknown as GroupMetadata),
    }, device, Memory.of(new Map()), new KnownDevices(() => clock.ms), {
      getLIDForPN: () => Promise.resolve(null),
      storeLIDPNMappings: (pairs) => Promise.resolve(void mappings.push(...pairs)),
    })
    return { found, asked, sessions, mappings, clock, device }
  }

  test('and our own are asked for once in five minutes, and keys of them where there are none', async () => {
    const { found, asked, sessions, mappings, clock, device } = await finding({ [ami]: [0, 3], '919800000009@s.whatsapp.net': [0, 7] })
    await found.find(ami)
    clock.ms = 299_999
    await found.find(ami)

    assert.deepEqual(asked, [{ people: [ami, '919800000009@s.whatsapp.net'], context: 'message' }])
    const all = [ami, '919800000001:3@s.whatsapp.net', '919800000009@s.whatsapp.net']
    assert.deepEqual(sessions, [{ devices: all, force: undefined }, { devices: all, force: undefined }], 'a session that is there goes on')
    assert.deepEqual(mappings[0], { pn: ami, lid: '111@lid' })
    assert.deepEqual(device.get('device-list', ['919800000001']), { 919800000001: ['0', '3'] })

    clock.ms = 300_000
    await found.find(ami)
    assert.equal(asked.length, 2)
  })

  test('of whom the network says nothing are asked for again', async () => {
    const { found, asked } = await finding({ '919800000009@s.whatsapp.net': [0] })
    await found.find(ami)
    await found.find(ami)
    assert.deepEqual(asked.map(({ people }) => people), [[ami, '919800000009@s.whatsapp.net'], [ami]])
  })

  test('are asked for under the address of the chat, and in a group for all at once', async () => {
    const { found, asked, sessions } = await finding({ [amiHidden]: [0], [ownHidden]: [0], '999@lid': [0] })
    await found.find(amiHidden)
    assert.deepEqual(asked.map(({ people }) => people), [[amiHidden, '999@lid']])

    await found.find(group)
    assert.equal(asked.length, 1, 'all of them are known')
    assert.deepEqual(sessions.at(-1), { devices: [amiHidden, '999@lid'], force: undefined })
  })
})

describe('the key of a group', () => {
  const own = ['919800000009', '999_1'].map((user) => `${group}::${user}::7`)

  async function renewed(holders: string[]): Promise<{ isNew: boolean; stored: Entry[] }> {
    const stored: Entry[] = []
    const device = new Device(undefined, (changes) => Promise.resolve(void stored.push(...changes)))
    device.creds.me = { id: '919800000009:7@s.whatsapp.net', lid: '999:7@lid' }
    await device.set({
      'sender-key': Object.fromEntries([...own, `${group}::111_1::0`].map((name) => [name, Buffer.from('[]')])),
      'sender-key-memory': { [group]: Object.fromEntries(holders.map((holder) => [holder, true])) },
    })
    stored.length = 0
    const socket = {
      executeUSyncQuery: () => Promise.resolve(undefined),
      assertSessions: () => Promise.resolve(false),
      groupMetadata: () => Promise.resolve({ id: group, participants: [{ id: amiHidden, phoneNumber: ami }] } as unknown as GroupMetadata),
    }
    const recipients = new Recipients(socket, device, Memory.of(new Map()), new KnownDevices(), {
      getLIDForPN: () => Promise.resolve(null), storeLIDPNMappings: () => Promise.resolve(),
    })
    await recipients.renewGroupKey(group)
    await recipients.renewGroupKey(ami)
    const left = Object.keys(device.get('sender-key', [...own, `${group}::111_1::0`]))
    const memory = device.get('sender-key-memory', [group])
    const isNew = memory[group] === undefined
    assert.deepEqual(left, isNew ? [`${group}::111_1::0`] : [...own, `${group}::111_1::0`])
    return { isNew, stored }
  }

  test('is a new one once somebody who has it left', async () => {
    const { isNew, stored } = await renewed([`111:2@lid`, '222:0@lid', '999:3@lid'])
    assert.ok(isNew)
    assert.deepEqual(stored.toSorted((a, b) => a.name.localeCompare(b.name)), [
      `sender-key-memory/${group}`, ...own.map((name) => `sender-key/${name}`),
    ].map((name) => ({ name, value: null })))
  })

  test('stays as it is while only members have it, under whichever address, and our own devices', async () => {
    const { isNew, stored } = await renewed(['111:2@lid', '919800000001:1@s.whatsapp.net', '999:3@lid', '919800000009:1@s.whatsapp.net'])
    assert.ok(!isNew)
    assert.deepEqual(stored, [])
  })
})
