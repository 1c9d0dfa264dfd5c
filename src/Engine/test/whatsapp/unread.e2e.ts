import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'
import { until } from '../testing/until.js'

interface Copy {
  id: string
  receiptedAt: string | null
  error?: number
}

describe('A message that cannot be read', () => {
  let emulator: Emulator
  let host: EmulatedHost
  let anna: { phone: string }
  let bert: { phone: string; jid: string; lid: string }
  let lastPhone = 4915160000000

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    host = await EmulatedHost.start(emulator)
    anna = await emulator.phone(`${++lastPhone}`, 'Anna')
    bert = await emulator.phone(`${++lastPhone}`, 'Bert')
    await host.pair('n1', anna)
  })

  afterEach(() => host.stop())

  after(() => emulator.stop())

  const say = async (text: string, more: object = {}) =>
    (await emulator.call<{ id: string }>('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text, ...more })).id
  const told = (id: string) => host.silo.eventsOf('messageReceived', 'n1').map(({ message }) => message).filter(({ whatsAppId }) => whatsAppId === id)
  const isThrough = async (id: string) => (await emulator.call<{ delivered: Copy[] }>('GET', '/record')).delivered
    .filter((copy) => copy.id === id).every(({ receiptedAt, error }) => receiptedAt !== null || error !== undefined)

  const loseSessions = async () => {
    await host.silo.ask('close', { number: 'n1', epoch: 1 })
    const credentials = host.credentials('n1').filter(({ name }) => !name.startsWith('session/'))
    await host.reopen('n1', { credentials })
  }

  for (const unavailable of [true, 'view_once']) {
    test(`because it came without content (${unavailable}) is told as one that cannot be shown, before it is acknowledged`, async () => {
      // Its phone could give the content, and is off.
      await emulator.call('POST', `/accounts/${anna.phone}/power`, { on: false })
      host.silo.acknowledgeAtOnce = false
      const id = await say('from an advertisement', { unavailable })
      await until(() => told(id).length === 1, 'it was told')
      const [message] = told(id)
      assert.deepEqual(
        [message?.jid, message?.otherJid, message?.type, message?.fromMe, message?.pushName, message?.text],
        [bert.jid, bert.lid, 'unsupported', false, 'Bert', undefined])
      assert.equal(await isThrough(id), false)

      const { first, events } = host.silo.deliveries.at(-1) ?? assert.fail()
      host.silo.acknowledgeAtOnce = true
      await host.silo.acknowledge('n1', { ...first, sequence: first.sequence + events.length - 1 })
      await until(() => isThrough(id), 'it was acknowledged')
      assert.equal(told(id).length, 1)
    })
  }

  test('is told again with its content once the phone has given it, which is stored before the phone hears so', async () => {
    const id = await say('from an advertisement', { unavailable: true })
    await until(() => told(id).length === 1, 'it was told')
    host.silo.holdFrom = 'messageReceived'
    await until(() => told(id).length === 2, 'its content was told', 20_000)
    const pending = async () => (await emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${anna.phone}`)).companions[0]?.pending
    assert.equal(await pending(), 1)
    const { first, events } = host.silo.deliveries.at(-1) ?? assert.fail()
    host.silo.holdFrom = undefined
    host.silo.acknowledgeAtOnce = true
    await host.silo.acknowledge('n1', { ...first, sequence: first.sequence + events.length - 1 })
    await until(async () => await pending() === 0, 'the phone heard so')
    assert.deepEqual(told(id).map(({ type, text, jid, fromMe }) => [type, text, jid, fromMe]),
      [['unsupported', undefined, bert.jid, false], ['text', 'from an advertisement', bert.jid, false]])
  })

  test('because its keys are gone is told as one that cannot be shown, and again once the sender has repeated it', async () => {
    await say('first')
    await until(() => host.silo.eventsOf('messageReceived', 'n1').length === 1, 'the first one came')
    await loseSessions()
    const id = await say('second')
    await until(() => told(id).length === 2, 'both were told', 20_000)
    assert.deepEqual(told(id).map(({ type, text, jid, fromMe }) => [type, text, jid, fromMe]),
      [['unsupported', undefined, bert.jid, false], ['text', 'second', bert.jid, false]])
    await until(() => isThrough(id), 'it was acknowledged')
  })

  test('is not told of where it only changes another one', async () => {
    const first = await say('helo')
    await until(() => told(first).length === 1, 'the first one came')
    await loseSessions()
    await emulator.call('POST', `/accounts/${bert.phone}/edit`, { to: anna.phone, id: first, text: 'hello' })
    assert.equal((await host.silo.event('messageEdited', 'n1')).text, 'hello')
    assert.equal(host.silo.eventsOf('messageReceived', 'n1').length, 1)
  })
})
