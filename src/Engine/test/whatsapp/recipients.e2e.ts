import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { twoPeople } from '../testing/twoPeople.js'

describe('Whoever is written to', () => {
  const world = twoPeople(4915190000000)

  test('gives keys for a conversation once, and not again on each connection', async () => {
    const { host, emulator, anna, bert } = world
    await host.pair('n2', bert)
    const keysOf = async ({ phone }: { phone: string }) => {
      const { keysGiven, companions } = await emulator.call<{ keysGiven: number; companions: { preKeys: number }[] }>('GET', `/accounts/${phone}`)
      return { given: keysGiven, left: companions.map(({ preKeys }) => preKeys) }
    }
    const { given, left: [left = 0] } = await keysOf(bert)

    await host.send('n1', 'FIRST', bert.jid, 'first')
    const [ours, theirs] = [await keysOf(anna), await keysOf(bert)]
    assert.deepEqual(theirs, { given: given + 1, left: [left - 1] })

    await emulator.call('POST', '/drop', { phone: anna.phone })
    await host.silo.event('closed', 'n1', ({ code }) => code !== 515)
    await host.reopen('n1')
    await host.send('n1', 'SECOND', bert.jid, 'second')

    assert.deepEqual([await keysOf(anna), await keysOf(bert)], [ours, theirs])
    for (const id of ['FIRST', 'SECOND']) {
      await host.silo.event('messageReceived', 'n2', ({ message }) => message.whatsAppId === id)
    }
  })

  test('is each of our devices once where we write to ourselves', async () => {
    const { host, anna } = world
    for (const [id, jid] of [['NOTE', anna.jid], ['AGAIN', anna.jid], ['HIDDEN', anna.lid]] as const) {
      await host.send('n1', id, jid, 'a note')
      await host.silo.event('serverAcknowledged', 'n1', ({ whatsAppId }) => whatsAppId === id)
    }
  })
})
