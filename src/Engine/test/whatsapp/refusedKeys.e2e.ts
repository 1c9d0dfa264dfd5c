import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { twoPeople } from '../testing/twoPeople.js'

describe('A device of which the network gives no keys', () => {
  const world = twoPeople(4915210000000)

  const companionOf = async ({ phone }: { phone: string }) => {
    const { companions } = await world.emulator.call<{ companions: { jid: string }[] }>('GET', `/accounts/${phone}`)
    return companions.at(-1)?.jid ?? ''
  }
  const withoutKeys = (about: string, fault: object) => world.emulator.call('POST', '/faults', { about, count: 100, ...fault })
  const isWritten = async (id: string, jid: string) => {
    await world.host.send('n1', id, jid, id)
    assert.equal((await world.host.silo.event('serverAcknowledged', 'n1', ({ whatsAppId }) => whatsAppId === id)).error, undefined)
  }
  const leftOut = () => world.host.silo.logs.filter(({ number, message }) => number === 'n1' && message.includes('left out')).map(({ data }) => data)
  const reconnect = async () => {
    await world.emulator.call('POST', '/drop', { phone: world.anna.phone })
    await world.host.silo.event('closed', 'n1', ({ code }) => code !== 515)
    await world.host.reopen('n1')
  }

  for (const [what, fault] of [['refused', { kind: 'keys-refused', code: 406 }], ['omitted', { kind: 'keys-omitted' }]] as const) {
    test(`keeps nothing from the others of its person, and gets what is written once they are there (${what})`, async () => {
      const { host, emulator, bert } = world
      await host.pair('n2', bert)
      await withoutKeys(await companionOf(bert), fault)
      for (const id of ['FIRST', 'SECOND']) {
        await isWritten(id, bert.jid)
      }
      assert.deepEqual(leftOut(), [{ devices: `…${bert.phone.slice(-4)}:1@s.whatsapp.net` }])

      await emulator.call('DELETE', '/faults')
      await reconnect()
      await isWritten('THIRD', bert.jid)
      await host.silo.event('messageReceived', 'n2', ({ message }) => message.whatsAppId === 'THIRD')
      assert.equal(leftOut().length, 1)
    })
  }

  test('and is one of ours keeps nothing from anybody', async () => {
    const { host, anna, bert } = world
    await host.pair('n3', anna)
    await withoutKeys(await companionOf(anna), { kind: 'keys-refused', code: 406 })
    await isWritten('ONE', bert.jid)
    await isWritten('OTHER', bert.lid)
    assert.ok(leftOut().length > 0)
  })

  test('keeps nothing from the others of a group', async () => {
    const { host, emulator, anna, bert } = world
    await host.pair('n2', bert)
    const { jid: group } = await emulator.call<{ jid: string }>('POST', '/groups', { creator: bert.phone, subject: 'Crew', members: [anna.phone] })
    await withoutKeys(await companionOf(bert), { kind: 'keys-refused', code: 404 })
    await isWritten('GROUP', group)
    assert.equal(leftOut().length, 1)
  })

  test('and is the only one of its person gets nothing, and neither do our own devices', async () => {
    const { host, emulator, bert } = world
    await withoutKeys(bert.jid, { kind: 'keys-refused', code: 406 })
    await assert.rejects(host.send('n1', 'NOBODY', bert.jid, 'hello'))
    const { sent } = await emulator.call<{ sent: { id: string }[] }>('GET', '/record')
    assert.ok(sent.every(({ id }) => id !== 'NOBODY'))
  })
})
