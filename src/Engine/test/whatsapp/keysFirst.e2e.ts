import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

describe('A process that is killed while a message is being sent', () => {
  const world = twoPeople(4915190000000)
  const inbox = async () =>
    (await world.emulator.call<{ id: string }[]>('GET', `/accounts/${world.bert.phone}/inbox`)).map(({ id }) => id)

  async function sendWhileNothingIsStored(jid: string): Promise<void> {
    const { host } = world
    const changes = () => host.silo.eventsOf('credentialsChanged', 'n1').length
    await host.send('n1', 'FIRST', jid, 'first')
    await until(async () => (await inbox()).includes('FIRST'), 'the first message is there')
    await host.silo.event('receiptReceived', 'n1', ({ whatsAppIds }) => whatsAppIds.includes('FIRST'))
    await until(async () => (await world.emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${world.anna.phone}`))
      .companions.every(({ pending }) => pending === 0), 'the number is at rest')
    const [stored, before] = [host.credentials('n1'), changes()]
    host.silo.acknowledgeAtOnce = false
    void host.send('n1', 'SECOND', jid, 'second').catch(() => undefined)
    await until(() => changes() > before, 'the keys of the second message are to be stored')
    host.process.kill()
    await host.process.exited

    const next = await EmulatedHost.start(world.emulator)
    try {
      await next.reopen('n1', { credentials: stored })
      await next.send('n1', 'THIRD', jid, 'third')
      await next.silo.event('receiptReceived', 'n1', ({ whatsAppIds }) => whatsAppIds.includes('THIRD'))
      assert.deepEqual(await inbox(), ['FIRST', 'THIRD'])
    } finally {
      await next.stop()
    }
  }

  test('uses no key for two messages to a group', async () => {
    const { jid } = await world.emulator.call<{ jid: string }>('POST', '/groups', { creator: world.bert.phone, subject: 'Club', members: [world.anna.phone] })
    await sendWhileNothingIsStored(jid)
  })

  test('uses no key for two messages to a person', () => sendWhileNothingIsStored(world.bert.jid))
})
