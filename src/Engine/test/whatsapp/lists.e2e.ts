import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

interface Copy {
  id: string
  from: string
  to: string
  receiptedAt: string | null
}

describe('A message through a broadcast list', () => {
  const world = twoPeople(4915190000000)
  let list: string

  const listOf = async (owner: string, member: string) =>
    (await world.emulator.call<{ jid: string }>('POST', `/accounts/${owner}/lists`, { members: [member] })).jid
  const say = async (text: string, more: object = {}) =>
    (await world.emulator.call<{ id: string }>('POST', `/accounts/${world.bert.phone}/say`, { to: list, text, ...more })).id
  const received = () => world.host.silo.eventsOf('messageReceived', 'n1').map(({ message }) => message)
  const told = (id: string) => received().filter(({ whatsAppId }) => whatsAppId === id)
  /** What the network gave the number of this message. */
  const copies = async (id: string) =>
    (await world.emulator.call<{ delivered: Copy[] }>('GET', '/record')).delivered.filter((copy) => copy.id === id)
  const isThrough = async (id: string) => (await copies(id)).every(({ receiptedAt }) => receiptedAt !== null)
  const heardAtAuthor = async (id: string, type: string) =>
    (await world.emulator.call<{ id: string; from: string; type: string }[]>('GET', `/accounts/${world.bert.phone}/receipts`))
      .some((receipt) => receipt.id === id && receipt.from === world.anna.phone && receipt.type === type)

  const storeAgain = async () => {
    world.host.silo.acknowledgeAtOnce = true
    const { first, events } = world.host.silo.deliveries.at(-1) ?? assert.fail()
    await world.host.silo.acknowledge('n1', { ...first, sequence: first.sequence + events.length - 1 })
  }

  beforeEach(async () => {
    list = await listOf(world.bert.phone, world.anna.phone)
  })

  test('is in the chat with its sender, stored before it is receipted, and can be read and answered there', async () => {
    world.host.silo.holdFrom = 'messageReceived'
    const id = await say('to all of you')
    await until(() => told(id).length === 1, 'it was told')
    const [message] = told(id)
    assert.deepEqual(
      [message?.jid, message?.otherJid, message?.participant, message?.fromMe, message?.text, message?.pushName],
      [world.bert.jid, world.bert.lid, undefined, false, 'to all of you', 'Bert'])
    assert.deepEqual((await copies(id)).map(({ from, receiptedAt }) => [from, receiptedAt]), [[list, null]])

    world.host.silo.holdFrom = undefined
    await storeAgain()
    await until(() => isThrough(id), 'it was receipted')
    await world.host.silo.ask('markRead', { number: 'n1', epoch: 1, jid: world.bert.jid, messages: [{ whatsAppId: id }] })
    await until(() => heardAtAuthor(id, 'read'), 'its sender knows that it was read')

    const whatsAppId = `ANSWER${world.anna.phone}`
    const answer = { kind: 'message', whatsAppId, jid: world.bert.jid, type: 'text', text: 'yes', mentions: [], target: { whatsAppId: id, fromMe: false, text: 'to all of you' } }
    const { prepared } = await world.host.silo.ask<{ prepared: string }>('prepare', { number: 'n1', epoch: 1, message: answer })
    await world.host.silo.ask('relay', { number: 'n1', epoch: 1, whatsAppId, jid: world.bert.jid, prepared })
    await world.host.silo.event('receiptReceived', 'n1', ({ whatsAppIds }) => whatsAppIds.includes(whatsAppId))
    assert.equal(told(id).length, 1)
  })

  test('has its place among those that its sender wrote to us alone', async () => {
    await until(() => world.host.credentials('n1').some(({ name }) => name.startsWith('device-list/')), 'what a log-in stores is stored')
    world.host.silo.acknowledgeAtOnce = false
    const ids = [await say('first'), await say('second', { to: world.anna.phone }), await say('third')]
    await until(async () => (await Promise.all(ids.map(copies))).every(({ length }) => length === 1), 'the network wrote them')
    // What is asked after them is answered after they came.
    assert.equal(await world.host.answers('n1', world.bert.phone), true)
    assert.deepEqual(received(), [])
    await storeAgain()
    await until(() => received().length === 3, 'all were told')
    assert.deepEqual(received().map(({ whatsAppId, jid }) => [whatsAppId, jid]), ids.map((id) => [id, world.bert.jid]))
  })

  test('that came without its content is told as one that cannot be shown, and with its content once the phone has given it', async () => {
    const id = await say('from an advertisement', { unavailable: true })
    await until(() => told(id).length === 2, 'its content was told', 20_000)
    assert.deepEqual(told(id).map(({ type, text, jid, participant }) => [type, text, jid, participant]),
      [['unsupported', undefined, world.bert.jid, undefined], ['text', 'from an advertisement', world.bert.jid, undefined]])
  })

  test('that cannot be decrypted is told as one that cannot be shown, and again once its sender has repeated it', async () => {
    const id = await say('sealed', { cipher: 'new' })
    await until(() => told(id).length === 2, 'it was told again', 20_000)
    assert.deepEqual(told(id).map(({ type, text, jid }) => [type, text, jid]),
      [['unsupported', undefined, world.bert.jid], ['text', 'sealed', world.bert.jid]])
  })

  test('is edited and taken back in the chat with its sender', async () => {
    const id = await say('helo')
    await until(() => told(id).length === 1, 'it was told')
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/edit`, { to: list, id, text: 'hello' })
    const edited = await world.host.silo.event('messageEdited', 'n1')
    assert.deepEqual([edited.jid, edited.target, edited.text], [world.bert.jid, { whatsAppId: id, fromMe: false }, 'hello'])
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/revoke`, { to: list, id })
    const revoked = await world.host.silo.event('messageRevoked', 'n1')
    assert.deepEqual([revoked.jid, revoked.target], [world.bert.jid, { whatsAppId: id, fromMe: false }])
  })

  test('of our own phone is in no chat, and does not come again', async () => {
    const own = await listOf(world.anna.phone, world.bert.phone)
    const { id } = await world.emulator.call<{ id: string }>('POST', `/accounts/${world.anna.phone}/say`, { to: own, text: 'to all of mine' })
    await until(async () => (await copies(id)).length === 1 && await isThrough(id), 'it was receipted')
    await say('from Bert')
    await until(() => received().length > 0, 'what came after it was told')
    assert.deepEqual(received().map(({ text }) => text), ['from Bert'])
    assert.ok((await world.emulator.call<{ id: string; chat: string }[]>('GET', `/accounts/${world.bert.phone}/inbox`))
      .some((message) => message.id === id && message.chat === world.anna.jid))
  })
})
