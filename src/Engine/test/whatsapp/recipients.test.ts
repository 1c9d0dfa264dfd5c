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
const nobody = { begin: () => Promise.resolve([]), listed: () => undefined, mayBegin: () => true }
const [gone, goneHidden] = ['919800000002@s.whatsapp.net', '222@lid']

function recipients(addressingMode: 'lid' | 'pn', member: GroupMetadata['participants'][number], device = new Device(undefined, () => Promise.resolve())): Recipients {
  const socket = {
    executeUSyncQuery: () => Promise.resolve(undefined),
    groupMetadata: () => Promise.resolve({ id: group, addressingMode, participants: [member] } as unknown as GroupMetadata),
  }
  return new Recipients(socket, device, Memory.of(new Map()), new KnownDevices(device), {
    getLIDForPN: (phone) => Promise.resolve(phone === gone ? goneHidden : null),
    storeLIDPNMappings: () => Promise.resolve(),
  }, nobody, () => undefined)
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

describe('A message that the library is about to write', () => {
  const device = new Device(undefined, () => Promise.resolve())
  device.creds.me = { id: '919800000009:7@s.whatsapp.net', lid: '999:7@lid' }
  const [theirs, ours] = ['919800000001:4@s.whatsapp.net', '919800000009@s.whatsapp.net']
  const requireAll = (jid: string, ...[to, notFor = []]: [string[], string[]?]) =>
    recipients('pn', { id: ami }, device).requireAll(jid, { for: to, notFor })

  test('is not written when it would go to nobody, or to ourselves alone', () => {
    requireAll(ami, [ours, theirs])
    requireAll(amiHidden, ['111:4@lid'])
    assert.throws(() => requireAll(ami, [ours, '999@lid']), /nobody but ourselves/)
    assert.throws(() => requireAll(ami, []), /nobody but ourselves/)
  })

  test('may go to ourselves alone where we write to ourselves', () => {
    requireAll(ours, [ours])
    requireAll('999@lid', [ours])
    assert.throws(() => requireAll(ours, []), /nobody but ourselves/)
  })

  test('may go to nobody by name in a group, where all have the key', () => {
    requireAll(group, [])
    requireAll(group, [ours])
  })

  test('is not written without a device that it could not be encrypted for', () => {
    for (const jid of [ami, group]) {
      assert.throws(() => requireAll(jid, [ours, theirs], ['919800000001@s.whatsapp.net']), /for each device/)
    }
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
        groupMetadata: () => Promise.resolve({ id: group, participants: [{ id: amiHidden, phoneNumber: ami }] } as unknown as GroupMetadata),
    }
    const recipients = new Recipients(socket, device, Memory.of(new Map()), new KnownDevices(device), {
      getLIDForPN: () => Promise.resolve(null), storeLIDPNMappings: () => Promise.resolve(),
    }, nobody, () => undefined)
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
