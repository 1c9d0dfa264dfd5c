import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GroupMetadata } from 'baileys'
import { Device } from '#engine/credentials/device.js'
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
