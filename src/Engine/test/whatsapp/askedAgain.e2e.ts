import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

describe('A receiver who could not read a message', () => {
  const world = twoPeople(4915140000000)
  let one: string

  beforeEach(async () => {
    const { host, bert } = world
    one = `ONE${bert.phone}`
    await host.send('n1', one, bert.jid, 'one')
    await until(async () => (await inbox()).includes('one'), 'the first message came')
  })

  const inbox = async () => (await world.emulator.call<{ text?: string }[]>('GET', `/accounts/${world.bert.phone}/inbox`)).map(({ text }) => text)
  const cannotRead = () => world.emulator.call('POST', `/accounts/${world.bert.phone}/forget-sessions`, { of: world.anna.phone })
  const isOn = (on: boolean) => world.emulator.call('POST', `/accounts/${world.bert.phone}/power`, { on })
  const companionOf = async ({ phone }: { phone: string }) => {
    const { companions } = await world.emulator.call<{ companions: { jid: string }[] }>('GET', `/accounts/${phone}`)
    return companions.at(-1)?.jid ?? ''
  }

  test('gets it in the end when the silo cannot be asked at first', async () => {
    const two = `TWO${world.bert.phone}`
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/power`, { on: false })
    await world.host.send('n1', two, world.bert.jid, 'two')
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/forget-sessions`, { of: world.anna.phone })
    await world.host.silo.ask('close', { number: 'n1', epoch: 1 })
    await world.host.reopen('n1')
    world.host.silo.hasForgotten = true
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/power`, { on: true })
    await world.host.silo.event('closed', 'n1', ({ code }) => code === 428)
    assert.deepEqual(world.host.silo.asked, [two])
    assert.deepEqual(await inbox(), ['one'])

    world.host.silo.hasForgotten = false
    await world.host.reopen('n1')
    await until(async () => (await inbox()).includes('two'), 'the second message came')
  })

  for (const [whose, owner] of [['theirs', () => world.bert], ['ours', () => world.anna]] as const) {
    test(`gets it, though the network has no keys of another device, one of ${whose}, and knows nothing of it on this connection yet`, async () => {
      const { host, emulator, bert } = world
      await host.pair('n2', owner())
      await emulator.call('POST', '/faults', { kind: 'keys-refused', about: await companionOf(owner()), code: 406, count: 100 })
      await isOn(false)
      await host.send('n1', 'TWO', bert.jid, 'two')
      await cannotRead()
      await host.silo.ask('close', { number: 'n1', epoch: 1 })
      await isOn(true)
      await host.reopen('n1')
      await until(async () => (await inbox()).includes('two'), 'the second message came')
    })
  }

  test('in a group gets it, though the network has no keys of a device in it, which gets what is written once there are some', async () => {
    const { host, emulator, anna, bert } = world
    const cleo = await emulator.phone(`${Number(bert.phone) + 5_000}`, 'Cleo')
    const { jid: group } = await emulator.call<{ jid: string }>('POST', '/groups', { creator: bert.phone, subject: 'Crew', members: [anna.phone, cleo.phone] })
    await host.pair('n2', cleo)
    await host.silo.ask('close', { number: 'n2', epoch: 1 })
    await emulator.call('POST', '/faults', { kind: 'keys-refused', about: await companionOf(cleo), code: 406, count: 100 })
    await cannotRead()
    await host.send('n1', 'TWO', group, 'two')
    await until(async () => (await inbox()).includes('two'), 'the second message came')

    await emulator.call('DELETE', '/faults')
    await host.silo.ask('close', { number: 'n1', epoch: 1 })
    await host.reopen('n1')
    await host.send('n1', 'THREE', group, 'three')
    await host.reopen('n2')
    await host.silo.event('messageReceived', 'n2', ({ message }) => message.whatsAppId === 'THREE')
    const { delivered } = await emulator.call<{ delivered: { id: string; asked: number }[] }>('GET', '/record')
    assert.deepEqual(delivered.filter(({ id, asked }) => id === 'THREE' && asked > 0), [], 'with the key of the group')
  })

  test('is answered five times, and no more', async () => {
    const answers = async () =>
      (await world.emulator.call<{ sent: { id: string; retries: number }[] }>('GET', '/record')).sent.find((sent) => sent.id === one)?.retries
    const ask = async (count: number) => {
      await world.emulator.call('POST', `/accounts/${world.bert.phone}/ask-again`, { id: one, count })
      await until(async () => (await world.emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${world.anna.phone}`))
        .companions.every(({ pending }) => pending === 0), 'the number took it')
    }
    for (let count = 1; count <= 5; count++) {
      await ask(count)
      await until(async () => (await answers()) === count, `answer ${count} came`)
    }
    await ask(6)
    assert.equal(await answers(), 5)
  })
})
