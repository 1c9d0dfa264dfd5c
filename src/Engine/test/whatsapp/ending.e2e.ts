import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'
import { until } from '../testing/until.js'

describe('A connection that nothing passes through any more', () => {
  let emulator: Emulator
  let host: EmulatedHost
  let anna: { phone: string }
  let lastPhone = 4915150000000

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    host = await EmulatedHost.start(emulator, { keepAliveMs: 1_000 })
    anna = await emulator.phone(`${++lastPhone}`, 'Anna')
    await host.pair('n1', anna)
    await emulator.call('POST', '/faults', { kind: 'freeze', phone: anna.phone })
  })

  afterEach(() => host.stop())

  after(() => emulator.stop())

  test('is reported as soon as a ping stays unanswered, without waiting for a goodbye', async () => {
    const since = performance.now()
    await host.silo.event('closed', 'n1', ({ code }) => code === 408)
    assert.ok(performance.now() - since < 20_000, 'the library would wait for 30 s more')
    assert.deepEqual(host.silo.events.slice(-2).map(({ type }) => type), ['pingLost', 'closed'])
  })

  test('can be closed at once', async () => {
    const since = performance.now()
    await host.silo.ask('close', { number: 'n1', epoch: 1 })
    assert.ok(performance.now() - since < 4_000, 'the host would give up waiting after 5 s')
    assert.equal((await host.silo.ask<{ numbers: number }>('status', {})).numbers, 0)
  })
})

describe('A connection that is lost while messages wait to be sent', () => {
  let emulator: Emulator
  let host: EmulatedHost
  let anna: { phone: string }
  let bert: { phone: string; jid: string }
  let lastPhone = 4915159000000
  const sent = async () => (await emulator.call<{ sent: { id: string }[] }>('GET', '/record')).sent.map(({ id }) => id)

  beforeEach(async () => {
    emulator = await Emulator.start()
    host = await EmulatedHost.start(emulator)
    anna = await emulator.phone(`${++lastPhone}`, 'Anna')
    bert = await emulator.phone(`${++lastPhone}`, 'Bert')
    await host.pair('n1', anna)
  })

  afterEach(async () => {
    await host.stop()
    emulator.stop()
  })

  test('ends the preparation of one whose keys were not stored', async () => {
    const changes = () => host.silo.eventsOf('credentialsChanged', 'n1').length
    await until(async () => (await emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${anna.phone}`))
      .companions.every(({ pending }) => pending === 0), 'the number is at rest')
    host.silo.acknowledgeAtOnce = false
    const before = changes()
    const prepared = host.send('n1', 'FIRST', bert.jid, 'first').then(() => 'sent', (error: { data?: { error?: string } }) => error.data?.error)
    await until(() => changes() > before, 'something of the keys to write to the other is there')
    await emulator.call('POST', '/drop', { phone: anna.phone })

    assert.equal(await prepared, 'notConnected')
    assert.deepEqual(await sent(), [])
  })

  test('leaves none in doubt of which the keys were not stored: nothing was written', async () => {
    await host.send('n1', 'FIRST', bert.jid, 'first')
    const prepared = host.silo.sent.get('FIRST') ?? ''
    const relay = (whatsAppId: string) => host.silo.ask('relay', { number: 'n1', epoch: 1, whatsAppId, jid: bert.jid, prepared })
      .then(() => 'sent', (error: { data?: { error?: string } }) => error.data?.error)
    const changes = () => host.silo.eventsOf('credentialsChanged', 'n1').length

    await host.silo.event('receiptReceived', 'n1')
    await until(async () => (await emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${anna.phone}`))
      .companions.every(({ pending }) => pending === 0), 'the number is at rest')

    host.silo.acknowledgeAtOnce = false
    const before = changes()
    const answers = Promise.all(['ENCRYPTED', 'WAITS', 'WAITS-TOO'].map(relay))
    await until(() => changes() > before, 'the first one is encrypted')
    await emulator.call('POST', '/drop', { phone: anna.phone })

    // Those that had not begun by then can be told that there is no connection, which is just as sure.
    const [begun, ...waiting] = await answers
    assert.equal(begun, 'notSent')
    for (const answer of waiting) {
      assert.ok(answer === 'notSent' || answer === 'notConnected', `the answer is ${answer}`)
    }
    assert.deepEqual(await sent(), ['FIRST'])
  })
})

describe('A network that there is no way to', () => {
  for (const [what, webSocketUrl] of [['whose name nobody knows', 'wss://whatsapp.invalid/ws'], ['where nobody is', 'ws://127.0.0.1:9/ws']] as const) {
    test(`is said to be one, ${what}`, async () => {
      const emulator = await Emulator.start()
      const host = await EmulatedHost.start(emulator, { webSocketUrl })
      try {
        await host.silo.ask('open', { number: 'n1', epoch: 1, link: {} })
        const { code, cause } = await host.silo.event('closed', 'n1')
        assert.deepEqual([code, cause], [428, 'whatsapp_unreachable'])
      } finally {
        await host.stop()
        emulator.stop()
      }
    })
  }
})
