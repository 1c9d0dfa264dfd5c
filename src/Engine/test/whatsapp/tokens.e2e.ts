import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

describe('Who is written to', () => {
  const world = twoPeople(4915250000000)
  let texts = 0

  /** How often the network was asked for what lets us write to Bert. */
  const asked = async () => (await world.emulator.call<{ from: string; to: string }[]>('GET', '/tokens'))
    .filter(({ from, to }) => from.startsWith(world.anna.phone) && to === world.bert.jid).length

  /** Sends a text; whether it showed what they gave us. */
  async function send(host = world.host): Promise<boolean> {
    const id = `T${++texts}`
    await host.send('n1', id, world.bert.jid, id)
    await host.silo.event('receiptReceived', 'n1', ({ whatsAppIds }) => whatsAppIds.includes(id))
    const { sent } = await world.emulator.call<{ sent: { id: string; withToken: boolean }[] }>('GET', '/record')
    return sent.find((each) => each.id === id)?.withToken === true
  }

  const stored = (host: EmulatedHost) => host.credentials('n1').filter(({ name }) => name.startsWith('tctoken/'))
  const isStored = (count: number) => until(() => stored(world.host).length === count, 'what came of it is stored')

  test('is asked once for that they may be, over all texts and a restart of the host', async () => {
    await send()
    await isStored(1)
    await send()
    await world.host.silo.ask('close', { number: 'n1', epoch: 1 })
    await world.host.reopen('n1')
    await send()

    const next = await EmulatedHost.start(world.emulator)
    try {
      await world.host.silo.ask('close', { number: 'n1', epoch: 1 })
      await next.reopen('n1', { credentials: world.host.credentials('n1') })
      await send(next)
      await next.answers('n1', world.bert.phone)
    } finally {
      await next.stop()
    }
    assert.equal(await asked(), 1)
    assert.deepEqual(stored(world.host).map(({ name }) => name), [`tctoken/${world.bert.lid}`], 'and nothing beside it')
  })

  test('sees what they gave: of which we were told', async () => {
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/give-token`, { to: world.anna.phone })
    await isStored(1)
    assert.equal(await send(), true)
    assert.equal(await send(), true)
    await until(async () => (await asked()) === 1, 'they were asked')
  })

  test('sees what they gave: that came with the answer', async () => {
    await world.emulator.call('POST', `/accounts/${world.bert.phone}/give-token`, { to: world.anna.phone })
    await isStored(1)
    await world.host.silo.ask('close', { number: 'n1', epoch: 1 })
    const without = world.host.credentials('n1').filter(({ name }) => !name.startsWith('tctoken/'))
    const next = await EmulatedHost.start(world.emulator)
    try {
      await next.reopen('n1', { credentials: without })
      assert.equal(await send(next), false)
      await until(() => stored(next).length === 1, 'what came of it is stored')
      assert.equal(await send(next), true)
    } finally {
      await next.stop()
    }
    assert.equal(await asked(), 1)
  })
})
