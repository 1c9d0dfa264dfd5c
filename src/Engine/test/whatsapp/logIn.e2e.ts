import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

const active = 'set passive active'

describe('A log-in', () => {
  const world = twoPeople(4915230000000, { queryTimeoutMs: 5_000 })

  const closings = () => world.host.silo.eventsOf('closed', 'n1').map(({ code }) => code)
  const openings = () => world.host.silo.eventsOf('opened', 'n1').length
  const open = () => world.host.silo.ask('open', { number: 'n1', epoch: 1, credentials: world.host.credentials('n1') })
  const heard = (text: string) => world.host.silo.event('messageReceived', 'n1', ({ message }) => message.text === text)
  const cutOff = async (fault: object) => {
    const { host, emulator, anna, bert } = world
    await emulator.call('POST', '/faults', { phone: anna.phone, ...fault })
    await emulator.call('POST', '/drop', { phone: anna.phone })
    await until(() => closings().length === 2, 'the connection is over')
    await emulator.call('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text: 'are you there?' })
    assert.equal(host.silo.eventsOf('messageReceived', 'n1').length, 0)
  }

  for (const [what, fault] of [['refuses', { kind: 'query-error', code: 503 }], ['does not answer', { kind: 'query-silent' }]] as const) {
    test(`after which the network delivers nothing is none: it ${what} the question`, async () => {
      await cutOff({ query: active, ...fault })
      await open()
      await until(() => closings().length === 3, 'the connection is given up')
      assert.deepEqual([closings(), openings()], [[515, 428, 428], 1])

      await world.host.reopen('n1')
      await heard('are you there?')
      assert.ok(await world.host.answers('n1', world.bert.phone))
    })
  }

  for (const query of ['get encrypt count', 'get encrypt digest']) {
    test(`goes without what it can do without (${query})`, async () => {
      await cutOff({ kind: 'query-error', query, code: 503 })
      await world.host.reopen('n1')
      await heard('are you there?')
    })
  }

  test('at which the network does not say how many keys of ours it has is followed by some, once somebody wants one', async () => {
    const { host, emulator, bert } = world
    const { phone } = await emulator.phone('4915239999999', 'Cleo')
    await host.silo.ask('open', { number: 'n2', epoch: 1, link: {} })
    const { qr } = await host.silo.event('linkOffered', 'n2')
    await emulator.call('POST', `/accounts/${phone}/scan`, { qr })
    await host.silo.event('closed', 'n2', ({ code }) => code === 515)
    await emulator.call('POST', '/faults', { kind: 'query-error', phone, query: 'get encrypt count', code: 503 })
    await host.reopen('n2')
    const keys = async () => (await emulator.call<{ companions: { preKeys: number }[] }>('GET', `/accounts/${phone}`)).companions[0]?.preKeys ?? 0
    await until(async () => await keys() > 0, 'the network has keys')
    await emulator.call('POST', `/accounts/${bert.phone}/say`, { to: phone, text: 'welcome' })
    await host.silo.event('messageReceived', 'n2', ({ message }) => message.text === 'welcome')
  })
})
