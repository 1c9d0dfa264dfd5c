import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GroupMetadata } from 'baileys'
import { Device } from '#engine/credentials/device.js'
import type { Entry } from '#engine/rpc/contract.js'
import { Memory } from '#engine/whatsapp/memory.js'
import { Recipients } from '#engine/whatsapp/recipients.js'

const group = '120363000000000001@g.us'
const [ami, amiHidden] = ['919800000001@s.whatsapp.net', '111@lid']
const [gone, goneHidden] = ['919800000002@s.whatsapp.net', '222@lid']

function recipients(addressingMode: 'lid' | 'pn', member: GroupMetadata['participants'][number]): Recipients {
  const socket = {
    getUSyncDevices: () => Promise.resolve([]),
    assertSessions: () => Promise.resolve(false),
    groupMetadata: () => Promise.resolve({ id: group, addressingMode, participants: [member] } as unknown as GroupMetadata),
  }
  return new Recipients(socket, new Device(undefined, () => Promise.resolve()), Memory.of(new Map()), {
    getLIDForPN: (phone) => Promise.resolve(phone === gone ? goneHidden : null),
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
      getUSyncDevices: () => Promise.resolve([]),
      assertSessions: () => Promise.resolve(false),
      groupMetadata: () => Promise.resolve({ id: group, participants: [{ id: amiHidden, phoneNumber: ami }] } as unknown as GroupMetadata),
    }
    const recipients = new Recipients(socket, device, Memory.of(new Map()), { getLIDForPN: () => Promise.resolve(null) })
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
