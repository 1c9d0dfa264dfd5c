import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

describe('That a message was read', () => {
  const world = twoPeople(4915170000000)
  const reads = () => world.host.silo.eventsOf('receiptReceived', 'n1').filter(({ kind }) => kind === 'read').map(({ jid, whatsAppIds }) => [jid, ...whatsAppIds])
  const waiting = async () => (await world.emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${world.anna.phone}`))
    .companions.reduce((sum, { pending }) => sum + pending, 0)

  test('is confirmed to the network only when it is stored, and comes again when it was not', async () => {
    const { silo } = world.host
    await world.host.send('n1', 'M1', world.bert.jid, 'hello')
    await silo.event('receiptReceived', 'n1', ({ kind }) => kind === 'delivered')
    await until(async () => await waiting() === 0, 'the number is at rest')

    silo.acknowledgeAtOnce = false
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/read`, { to: world.anna.phone, ids: ['M1'] })
    await until(() => reads().length === 1, 'it was told')
    assert.equal(await waiting(), 1, 'nobody has confirmed it')

    await world.emulator.call('POST', '/drop', { phone: world.anna.phone })
    await silo.event('closed', 'n1', ({ code }) => code !== 515)
    silo.acknowledgeAtOnce = true
    const { first, events } = silo.deliveries.at(-1) ?? assert.fail()
    await silo.acknowledge('n1', { ...first, sequence: first.sequence + events.length - 1 })
    await world.host.reopen('n1')
    await until(async () => reads().length === 2 && await waiting() === 0, 'it was told again and confirmed')
    assert.deepEqual(reads(), [[world.bert.jid, 'M1'], [world.bert.jid, 'M1']])
  })
})
