import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

describe('A number is not shown as online', () => {
  const world = twoPeople(4915230000000)
  const number = 'n2'
  let owner: { phone: string; jid: string }

  // With a name that linking does not tell, as that of everybody who is no business.
  beforeEach(async () => {
    const phone = `${Number(world.anna.phone) + 5_000}`
    owner = await world.emulator.call('POST', '/accounts', { phone, name: 'Cleo', isBusiness: false })
    await world.host.pair(number, owner)
    await until(async () => (await companion()).saidName === 'Cleo', 'the network knows the name')
  })

  const companion = async () => {
    const { companions } = await world.emulator.call<{ companions: { isAvailable: boolean; saidName?: string; preKeys: number; pending: number }[] }>(
      'GET', `/accounts/${owner.phone}`)
    return companions[0]!
  }

  /** After all that was under way. */
  const wasNever = async () => {
    await world.host.answers(number, world.bert.phone)
    assert.equal((await companion()).isAvailable, false)
    assert.deepEqual(await world.emulator.call('GET', '/online'), [])
  }

  test('when it has just been linked, nor when its name becomes known or is another one', async () => {
    await wasNever()
    await until(async () => (await companion()).pending === 0, 'all that has the old name in it was told')
    await world.emulator.call('POST', `/accounts/${owner.phone}/rename`, { name: 'Cleo B.' })
    await until(async () => (await companion()).saidName === 'Cleo B.', 'the network knows the new name')
    await wasNever()
  })

  test('when it uploads prekeys', async () => {
    await until(async () => (await companion()).preKeys > 1, 'the first prekeys are there')
    await world.emulator.call('POST', '/faults', { kind: 'pre-keys-low', phone: owner.phone })
    await until(async () => (await companion()).preKeys > 1, 'more prekeys are there')
    await wasNever()
  })

  test('when it asks twice for what it cannot read', async () => {
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/garble`, { count: 1, again: 1 })
    const { id } = await world.emulator.call<{ id: string }>('POST', `/accounts/${world.bert.phone}/say`, { to: owner.phone, text: 'hello' })
    await world.host.silo.event('messageReceived', number, ({ message }) => message.whatsAppId === id && message.text === 'hello')
    await wasNever()
  })

  test('when it logs in anew', async () => {
    await until(async () => (await companion()).pending === 0, 'all that belongs to linking was told')
    await world.host.silo.ask('close', { number, epoch: 1 })
    await world.host.reopen(number)
    await wasNever()
  })

  test('when it writes', async () => {
    await world.host.silo.ask('setPresence', { number, epoch: 1, jid: world.bert.jid, state: 'composing' })
    await until(async () => (await world.emulator.call<unknown[]>('GET', '/chatstates')).length > 0, 'it was told that it writes')
    await wasNever()
  })
})
