import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

describe('Messages that come at once', () => {
  const world = twoPeople(4915170000000)

  const say = async (text: string) =>
    (await world.emulator.call<{ id: string }>('POST', `/accounts/${world.bert.phone}/say`, { to: world.anna.phone, text })).id
  const told = () => world.host.silo.eventsOf('messageReceived', 'n1').map(({ message }) => message.text)
  const areWritten = (ids: string[]) => until(async () => {
    const { delivered } = await world.emulator.call<{ delivered: { id: string }[] }>('GET', '/record')
    return ids.every((id) => delivered.some((one) => one.id === id))
  }, 'the network wrote them')

  /** The silo stores again, and what it was told meanwhile as well. */
  const storeAgain = async () => {
    world.host.silo.acknowledgeAtOnce = true
    const { first, events } = world.host.silo.deliveries.at(-1) ?? assert.fail()
    await world.host.silo.acknowledge('n1', { ...first, sequence: first.sequence + events.length - 1 })
  }

  test('from a stranger keep their order, though the address is stored with the first one', async () => {
    await until(() => world.host.credentials('n1').some(({ name }) => name.startsWith('device-list/')), 'what a log-in stores is stored')
    world.host.silo.acknowledgeAtOnce = false
    await areWritten([await say('first'), await say('second')])
    // What is asked after them is answered after they came.
    assert.equal(await world.host.answers('n1', world.bert.phone), true)
    assert.deepEqual(told(), [])
    await storeAgain()
    await until(() => told().length === 2, 'both were told')
    assert.deepEqual(told(), ['first', 'second'])
  })

  test('keep their order where some waited for the connection and the last one comes live', async () => {
    await say('before')
    await until(() => told().length === 1, 'the first one came')
    await world.host.silo.ask('close', { number: 'n1', epoch: 1 })
    const waiting = Array.from({ length: 5 }, (_, i) => `waited ${i}`)
    for (const text of waiting) {
      await say(text)
    }
    world.host.silo.holdFrom = 'messageReceived'
    await world.host.reopen('n1')
    await until(() => told().length === 2, 'the first of those that waited was told')
    await areWritten([await say('live')])
    assert.equal(await world.host.answers('n1', world.bert.phone), true)
    world.host.silo.holdFrom = undefined
    await storeAgain()
    await until(() => told().length === 7, 'all were told')
    assert.deepEqual(told(), ['before', ...waiting, 'live'])
  })

  test('keep their order where a large one is compressed', async () => {
    await say('before')
    await until(() => told().length === 1, 'the first one came')
    await world.host.silo.ask('close', { number: 'n1', epoch: 1 })
    await world.emulator.call('POST', '/faults', { kind: 'compress', over: 100_000 })
    const ids = [await say('large '.repeat(100_000)), await say('small')]
    await world.host.reopen('n1')
    await until(() => told().length === 3, 'all were told')
    assert.deepEqual(world.host.silo.eventsOf('messageReceived', 'n1').slice(1).map(({ message }) => message.whatsAppId), ids)
  })
})
