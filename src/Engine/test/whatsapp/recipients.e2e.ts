import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { proto } from 'baileys'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

describe('Whoever is written to', () => {
  const world = twoPeople(4915190000000)
  const heardOfIt = () => until(async () => {
    const { companions: [ours] } = await world.emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${world.anna.phone}`)
    return ours?.pending === 0
  }, 'all that the network told was heard')
  const isRead = (id: string) => until(async () => {
    const inbox = await world.emulator.call<{ id: string }[]>('GET', `/accounts/${world.bert.phone}/inbox`)
    return inbox.some((message) => message.id === id)
  }, `${id} was read`)
  const acknowledged = (id: string) => world.host.silo.event('serverAcknowledged', 'n1', ({ whatsAppId }) => whatsAppId === id)

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

  test('gets it on a device that is new since, and it goes to none that is gone, under whichever address', async () => {
    const { host, emulator, bert } = world
    const chats = [bert.jid, bert.lid]
    for (const jid of chats) {
      await host.send('n1', `BEFORE ${jid}`, jid, 'before')
    }

    await host.pair('n2', bert)
    await heardOfIt()
    for (const jid of chats) {
      await host.send('n1', `NEW ${jid}`, jid, 'new')
      await host.silo.event('messageReceived', 'n2', ({ message }) => message.whatsAppId === `NEW ${jid}`)
    }

    await emulator.call('POST', `/accounts/${bert.phone}/unlink`)
    await host.silo.event('closed', 'n2', ({ code }) => code === 401)
    await heardOfIt()
    for (const jid of chats) {
      await host.send('n1', `GONE ${jid}`, jid, 'gone')
      assert.equal((await acknowledged(`GONE ${jid}`)).error, undefined)
    }
  })

  test('is one of our own devices that is new since, too, and none of ours that is gone', async () => {
    const { host, emulator, anna, bert } = world
    await host.send('n1', 'BEFORE', bert.jid, 'before')
    await host.pair('n3', anna)
    await heardOfIt()
    for (const jid of [bert.jid, bert.lid]) {
      await host.send('n1', `NEW ${jid}`, jid, 'new')
      await host.silo.event('messageReceived', 'n3', ({ message }) => message.whatsAppId === `NEW ${jid}`)
    }

    await host.silo.ask('logOut', { number: 'n3', epoch: 1 })
    await host.silo.event('closed', 'n3', ({ code }) => code === 401)
    await heardOfIt()
    await host.send('n1', 'GONE', bert.jid, 'gone')
    assert.equal((await acknowledged('GONE')).error, undefined)
    assert.equal((await emulator.call<{ companions: object[] }>('GET', `/accounts/${anna.phone}`)).companions.length, 1)
  })

  test('reads what is sent with credentials of yesterday, also in a group that was not written to since', async () => {
    const { host, emulator, anna, bert } = world
    const { jid: group } = await emulator.call<{ jid: string }>('POST', '/groups', { creator: bert.phone, subject: 'Crew', members: [anna.phone] })
    await host.send('n1', 'GROUP', group, 'hello all')
    await host.send('n1', 'HELLO', bert.jid, 'hello')
    await isRead('HELLO')
    const yesterday = host.credentials('n1')
    await host.send('n1', 'LATER', bert.jid, 'later')
    await isRead('LATER')
    await host.silo.ask('close', { number: 'n1', epoch: 1 })

    await host.pair('n2', bert)
    await host.reopen('n1', { credentials: yesterday })
    await host.send('n1', 'AGAIN', group, 'hello again')
    await host.send('n1', 'RESTORED', bert.jid, 'restored')
    await isRead('AGAIN')
    await isRead('RESTORED')
  })

  test('is our own phone that is asked for older messages, also with credentials of yesterday', async () => {
    const { host, emulator, anna, bert } = world
    const at = 1_790_000_000
    await emulator.call('POST', `/accounts/${anna.phone}/history`, {
      chat: bert.phone, messages: ['H0', 'H1'].map((id, index) => ({ id, text: id, at: at + index })),
    })
    await host.send('n1', 'HELLO', bert.jid, 'hello')
    await isRead('HELLO')
    const yesterday = host.credentials('n1')
    await host.send('n1', 'LATER', bert.jid, 'later')
    await isRead('LATER')
    await host.silo.ask('close', { number: 'n1', epoch: 1 })

    await host.reopen('n1', { credentials: yesterday })
    await host.silo.ask('requestHistory', {
      number: 'n1', epoch: 1, request: 'r1', jid: bert.jid, oldest: { whatsAppId: 'H1', fromMe: false }, oldestAt: new Date(1_000 * (at + 1)).toISOString(), count: 50,
    })
    const { messages } = await host.silo.event('historyReceived', 'n1', ({ request }) => request === 'r1')
    assert.deepEqual(messages.map(({ text }) => text), ['H0'])
  })

  test('is not left out where the network names no device of theirs: nothing goes to our own devices alone', async () => {
    const { host, emulator } = world
    const prepared = Buffer.from(proto.Message.encode({ conversation: 'hello' }).finish()).toString('base64')
    const relay = host.silo.ask('relay', { number: 'n1', epoch: 1, whatsAppId: 'NOWHERE', jid: '4915199999999@s.whatsapp.net', prepared })
    await assert.rejects(relay, { data: { error: 'notSent' } })
    const { sent } = await emulator.call<{ sent: { id: string }[] }>('GET', '/record')
    assert.ok(sent.every(({ id }) => id !== 'NOWHERE'))
  })

  test('is each of our devices once where we write to ourselves', async () => {
    const { host, anna } = world
    for (const [id, jid] of [['NOTE', anna.jid], ['AGAIN', anna.jid], ['HIDDEN', anna.lid]] as const) {
      await host.send('n1', id, jid, 'a note')
      await host.silo.event('serverAcknowledged', 'n1', ({ whatsAppId }) => whatsAppId === id)
    }
  })
})
