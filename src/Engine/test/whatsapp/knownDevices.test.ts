import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BinaryNode, FullJid } from 'baileys'
import { Device } from '#engine/credentials/device.js'
import { KnownDevices } from '#engine/whatsapp/knownDevices.js'

const [number, hidden] = ['919800000001', '111']
const phone: FullJid = { user: hidden, device: 0, server: 'lid' }
const laptop: FullJid = { ...phone, device: 4 }

async function nothing() {
  const clock = { ms: 0 }
  const device = new Device(undefined, () => Promise.resolve())
  device.creds.me = { id: '919800000009:7@s.whatsapp.net', lid: '999:7@lid' }
  await device.set({ 'lid-mapping': { [number]: hidden, [`${hidden}_reverse`]: number } })
  return { cache: new KnownDevices(device, () => clock.ms), clock }
}

function told(of: string, attrs: Record<string, string> = {}, jids = [`${of}:4@s.whatsapp.net`]): BinaryNode {
  const devices = jids.map((jid) => ({ tag: 'device', attrs: { jid } }))
  return { tag: 'notification', attrs: { from: `${of}@s.whatsapp.net`, type: 'devices', ...attrs }, content: [{ tag: 'add', attrs: {}, content: devices }] }
}

describe('The devices of a person', () => {
  test('are no younger for what the library is told of some of them', async () => {
    const { cache, clock } = await nothing()
    cache.renew(hidden, [phone])
    clock.ms = 300_000
    cache.set(hidden, [phone, laptop])
    assert.ok(!cache.isFresh(hidden))
    assert.deepEqual(cache.get(hidden), [phone, laptop])

    clock.ms = 3_600_000
    cache.renew('222', [])
    assert.equal(cache.get(hidden), undefined, 'nobody needed it for an hour')
  })

  test('are asked for anew after what the library asked by itself: it may be older than a change', async () => {
    const { cache } = await nothing()
    cache.set(hidden, [phone])
    assert.deepEqual([cache.get(hidden), cache.isFresh(hidden)], [[phone], false])
  })

  test('are asked for anew under both addresses when one of them has another one', async () => {
    for (const notice of [told(number), told(hidden, { from: `${hidden}@lid` }), told('222', {}, ['111:4@lid'])]) {
      const { cache } = await nothing()
      cache.renew(number, [{ ...phone, user: number, server: 's.whatsapp.net' }])
      cache.renew(hidden, [phone])
      cache.renew('333', [])
      cache.changed(notice)
      assert.deepEqual([number, hidden, '333'].map((user) => cache.isFresh(user)), [false, false, true])
      assert.deepEqual([number, hidden].map((user) => cache.get(user)), [undefined, undefined])
    }
  })

  test('are asked for anew under the other address that the network tells with the change', async () => {
    const { cache } = await nothing()
    cache.renew('222', [])
    cache.changed(told('919800000002', { lid: '222@lid' }, []))
    assert.ok(!cache.isFresh('222'))
  })

  test('are asked for anew when they are our own and the network says which there are, and not for what else it tells us of ourselves', async () => {
    const { cache } = await nothing()
    const notice = (tag: string) => ({ tag: 'notification', attrs: { from: '919800000009@s.whatsapp.net', type: 'account_sync' }, content: [{ tag, attrs: {} }] })
    const own = ['919800000009', '999']
    own.forEach((user) => cache.renew(user, []))
    cache.changedOurs(notice('disappearing_mode'))
    assert.deepEqual(own.map((user) => cache.isFresh(user)), [true, true])
    cache.changedOurs(notice('devices'))
    assert.deepEqual(own.map((user) => cache.isFresh(user)), [false, false])
  })

  test('are without one that is left out, under whichever address and also later, until it is taken in', async () => {
    const { cache } = await nothing()
    cache.renew(number, [{ ...laptop, user: number, server: 's.whatsapp.net' }])
    cache.renew(hidden, [phone, laptop])
    cache.leaveOut(`${number}:4@s.whatsapp.net`)
    assert.deepEqual([cache.get(number), cache.get(hidden), cache.all(hidden)], [[], [phone], [phone, laptop]])
    assert.deepEqual([cache.isFresh(number, true), cache.isFresh(hidden, true)], [true, true])

    cache.set(hidden, [phone, laptop])
    cache.renew(hidden, [phone, laptop])
    assert.deepEqual(cache.get(hidden), [phone])
    cache.takeIn('111:4@lid')
    assert.deepEqual([cache.get<FullJid[]>(number)?.length, cache.get(hidden)], [1, [phone, laptop]])
  })

  test('are not what the network said before it told of a change', async () => {
    const { cache } = await nothing()
    const before = cache.asOf
    cache.changed(told(number))
    assert.ok(!cache.renew(hidden, [phone], before))
    assert.equal(cache.get(hidden), undefined)
    assert.ok(cache.renew('222', [], before), 'of somebody else')
    assert.ok(cache.renew(hidden, [phone, laptop]))
    assert.ok(cache.isFresh(hidden))
  })

  test('are without the one that we are, whoever asked', async () => {
    const { cache } = await nothing()
    const own: FullJid = { user: '999', device: 0, server: 'lid' }
    cache.set('999', [own, { ...own, device: 7 }])
    assert.deepEqual(cache.get('999'), [own])
  })
})
