import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'
import { until } from '../testing/until.js'

describe('Messages that come at once', () => {
  let emulator: Emulator
  let host: EmulatedHost
  let anna: { phone: string }
  let bert: { phone: string; jid: string }
  let lastPhone = 4915170000000

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    host = await EmulatedHost.start(emulator)
    anna = await emulator.phone(`${++lastPhone}`, 'Anna')
    bert = await emulator.phone(`${++lastPhone}`, 'Bert')
    await host.pair('n1', anna)
  })

  afterEach(async () => {
    await emulator.call('DELETE', '/faults')
    await host.stop()
  })

  after(() => emulator.stop())

  const say = async (text: string) =>
    (await emulator.call<{ id: string }>('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text })).id
  const told = () => host.silo.eventsOf('messageReceived', 'n1').map(({ message }) => message.text)
  const areWritten = (ids: string[]) => until(async () => {
    const { delivered } = await emulator.call<{ delivered: { id: string }[] }>('GET', '/record')
    return ids.every((id) => delivered.some((one) => one.id === id))
  }, 'the network wrote them')

  /** The silo stores again, and what it was told meanwhile as well. */
  const storeAgain = async () => {
    host.silo.acknowledgeAtOnce = true
    const { first, events } = host.silo.deliveries.at(-1) ?? assert.fail()
    await host.silo.acknowledge('n1', { ...first, sequence: first.sequence + events.length - 1 })
  }

  test('from a stranger keep their order, though the address is stored with the first one', async () => {
    await until(() => host.credentials('n1').some(({ name }) => name.startsWith('device-list/')), 'what a log-in stores is stored')
    host.silo.acknowledgeAtOnce = false
    await areWritten([await say('first'), await say('second')])
    // What is asked after them is answered after they came.
    assert.equal(await host.answers('n1', bert.phone), true)
    assert.deepEqual(told(), [])
    await storeAgain()
    await until(() => told().length === 2, 'both were told')
    assert.deepEqual(told(), ['first', 'second'])
  })

  test('keep their order where some waited for the connection and the last one comes live', async () => {
    await say('before')
    await until(() => told().length === 1, 'the first one came')
    await host.silo.ask('close', { number: 'n1', epoch: 1 })
    const waiting = Array.from({ length: 5 }, (_, i) => `waited ${i}`)
    for (const text of waiting) {
      await say(text)
    }
    host.silo.holdFrom = 'messageReceived'
    await host.reopen('n1')
    await until(() => told().length === 2, 'the first of those that waited was told')
    await areWritten([await say('live')])
    assert.equal(await host.answers('n1', bert.phone), true)
    host.silo.holdFrom = undefined
    await storeAgain()
    await until(() => told().length === 7, 'all were told')
    assert.deepEqual(told(), ['before', ...waiting, 'live'])
  })

  test('keep their order where a large one is compressed', async () => {
    await say('before')
    await until(() => told().length === 1, 'the first one came')
    await host.silo.ask('close', { number: 'n1', epoch: 1 })
    await emulator.call('POST', '/faults', { kind: 'compress', over: 100_000 })
    const ids = [await say('large '.repeat(100_000)), await say('small')]
    await host.reopen('n1')
    await until(() => told().length === 3, 'all were told')
    assert.deepEqual(host.silo.eventsOf('messageReceived', 'n1').slice(1).map(({ message }) => message.whatsAppId), ids)
  })
})
