import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { proto } from 'baileys'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

interface Copy {
  id: string
  receiptedAt: string | null
  error?: number
}

describe('A message that cannot be read', () => {
  const world = twoPeople(4915160000000)

  const say = async (text: string, more: object = {}) =>
    (await world.emulator.call<{ id: string }>('POST', `/accounts/${world.bert.phone}/say`, { to: world.anna.phone, text, ...more })).id
  const told = (id: string) => world.host.silo.eventsOf('messageReceived', 'n1').map(({ message }) => message).filter(({ whatsAppId }) => whatsAppId === id)
  const isThrough = async (id: string) => (await world.emulator.call<{ delivered: Copy[] }>('GET', '/record')).delivered
    .filter((copy) => copy.id === id).every(({ receiptedAt, error }) => receiptedAt !== null || error !== undefined)

  /** The silo stores again, and what it was told meanwhile as well. */
  const storeAgain = async () => {
    world.host.silo.acknowledgeAtOnce = true
    const { first, events } = world.host.silo.deliveries.at(-1) ?? assert.fail()
    await world.host.silo.acknowledge('n1', { ...first, sequence: first.sequence + events.length - 1 })
  }

  const loseSessions = async () => {
    await world.host.silo.ask('close', { number: 'n1', epoch: 1 })
    const credentials = world.host.credentials('n1').filter(({ name }) => !name.startsWith('session/'))
    await world.host.reopen('n1', { credentials })
  }

  for (const unavailable of [true, 'view_once']) {
    test(`because it came without content (${unavailable}) is told as one that cannot be shown, before it is acknowledged`, async () => {
      // Its phone could give the content, and is off.
      await world.emulator.call('POST', `/accounts/${world.anna.phone}/power`, { on: false })
      world.host.silo.acknowledgeAtOnce = false
      const id = await say('from an advertisement', { unavailable })
      await until(() => told(id).length === 1, 'it was told')
      const [message] = told(id)
      assert.deepEqual(
        [message?.jid, message?.otherJid, message?.type, message?.fromMe, message?.pushName, message?.text],
        [world.bert.jid, world.bert.lid, 'unsupported', false, 'Bert', undefined])
      assert.equal(await isThrough(id), false)

      await storeAgain()
      await until(() => isThrough(id), 'it was acknowledged')
      assert.equal(told(id).length, 1)
    })
  }

  for (const cipher of ['msmsg', 'new']) {
    test(`because it is encrypted in a way that nobody here knows (${cipher}) is told as one that cannot be shown, before it is answered`, async () => {
      world.host.silo.acknowledgeAtOnce = false
      const id = await say('sealed', { cipher })
      await until(() => told(id).length === 1, 'it was told')
      assert.deepEqual([told(id)[0]?.type, told(id)[0]?.jid, told(id)[0]?.text], ['unsupported', world.bert.jid, undefined])
      assert.equal(await isThrough(id), false)

      await storeAgain()
      await until(() => isThrough(id), 'it was answered')
      // What the library asks for once more comes as usual.
      await until(() => told(id).length === (cipher === 'new' ? 2 : 1), 'it was told again')
      assert.equal(told(id)[1]?.text, cipher === 'new' ? 'sealed' : undefined)
    })
  }

  test('because the library never came to it is told as one that cannot be shown', async () => {
    const { jid } = await world.emulator.call<{ jid: string }>('POST', '/groups', { creator: world.bert.phone, subject: 'Crew', members: [world.anna.phone] })
    const { id } = await world.emulator.call<{ id: string }>('POST', `/accounts/${world.bert.phone}/say`, { to: jid, text: 'sealed', cipher: 'new' })
    await until(() => told(id).length === 2, 'it was told, and again when it was asked for', 20_000)
    assert.deepEqual(told(id).map(({ type, text, jid: chat }) => [type, text, chat]), [['unsupported', undefined, jid], ['text', 'sealed', jid]])
  })

  test('is told again with its content once the phone has given it, which is stored before the phone hears so', async () => {
    const id = await say('from an advertisement', { unavailable: true })
    await until(() => told(id).length === 1, 'it was told')
    world.host.silo.holdFrom = 'messageReceived'
    await until(() => told(id).length === 2, 'its content was told', 20_000)
    const pending = async () => (await world.emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${world.anna.phone}`)).companions[0]?.pending
    assert.equal(await pending(), 1)
    world.host.silo.holdFrom = undefined
    await storeAgain()
    await until(async () => await pending() === 0, 'the phone heard so')
    assert.deepEqual(told(id).map(({ type, text, jid, fromMe }) => [type, text, jid, fromMe]),
      [['unsupported', undefined, world.bert.jid, false], ['text', 'from an advertisement', world.bert.jid, false]])
  })

  test('because its keys are gone is told as one that cannot be shown, and again once the sender has repeated it', async () => {
    await say('first')
    await until(() => world.host.silo.eventsOf('messageReceived', 'n1').length === 1, 'the first one came')
    await loseSessions()
    const id = await say('second')
    await until(() => told(id).length === 2, 'both were told', 20_000)
    assert.deepEqual(told(id).map(({ type, text, jid, fromMe }) => [type, text, jid, fromMe]),
      [['unsupported', undefined, world.bert.jid, false], ['text', 'second', world.bert.jid, false]])
    await until(() => isThrough(id), 'it was acknowledged')
  })

  for (const type of ['pkmsg', 'msg']) {
    test(`because it was read before is not told of where it said nothing to a person (${type})`, async () => {
      await say('first')
      await until(() => world.host.silo.eventsOf('messageReceived', 'n1').length === 1, 'the first one came')
      if (type === 'msg') {
        const answer = `ANSWER${world.anna.phone}`
        await world.host.send('n1', answer, world.bert.jid, 'answer')
        await world.host.silo.event('receiptReceived', 'n1', ({ whatsAppIds }) => whatsAppIds.includes(answer))
      }
      const { EPHEMERAL_SETTING } = proto.Message.ProtocolMessage.Type
      const setting = proto.Message.encode({ protocolMessage: { type: EPHEMERAL_SETTING, ephemeralExpiration: 86_400 } }).finish()

      // Its keys are stored; that it is through is lost with the connection.
      world.host.silo.acknowledgeAtOnce = false
      const before = world.host.silo.deliveries.length
      const { id } = await world.emulator.call<{ id: string }>(
        'POST', `/accounts/${world.bert.phone}/send`, { to: world.anna.phone, base64: Buffer.from(setting).toString('base64') })
      await until(() => world.host.silo.deliveries.slice(before).flatMap(({ events }) => events)
        .some((event) => event.type === 'credentialsChanged' && event.changes.some(({ name }) => name.startsWith('session/'))), 'its keys were told')
      await world.emulator.call('POST', '/drop', { phone: world.anna.phone })
      await world.host.silo.event('closed', 'n1', ({ code }) => code === 428)
      assert.equal(await isThrough(id), false)

      await storeAgain()
      await world.host.reopen('n1')
      await until(() => isThrough(id), 'it came again')
      await say('last')
      await until(() => world.host.silo.eventsOf('messageReceived', 'n1').some(({ message }) => message.text === 'last'), 'the last one came')
      assert.deepEqual(world.host.silo.eventsOf('messageReceived', 'n1').map(({ message }) => message.text), ['first', 'last'])
    })
  }

  test('is not told of where it only changes another one', async () => {
    const first = await say('helo')
    await until(() => told(first).length === 1, 'the first one came')
    await loseSessions()
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/edit`, { to: world.anna.phone, id: first, text: 'hello' })
    assert.equal((await world.host.silo.event('messageEdited', 'n1')).text, 'hello')
    assert.equal(world.host.silo.eventsOf('messageReceived', 'n1').length, 1)
  })
})
