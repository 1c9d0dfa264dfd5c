import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'
import { until } from '../testing/until.js'

describe('A receiver who could not read a message', () => {
  let emulator: Emulator
  let host: EmulatedHost
  let anna: { phone: string }
  let bert: { phone: string; jid: string }
  let lastPhone = 4915140000000

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    host = await EmulatedHost.start(emulator)
    anna = await emulator.phone(`${++lastPhone}`, 'Anna')
    bert = await emulator.phone(`${++lastPhone}`, 'Bert')
    await host.pair('n1', anna)
    await host.send('n1', `ONE${lastPhone}`, bert.jid, 'one')
    await until(async () => (await inbox()).includes('one'), 'the first message came')
  })

  afterEach(() => host.stop())

  after(() => emulator.stop())

  const inbox = async () => (await emulator.call<{ text?: string }[]>('GET', `/accounts/${bert.phone}/inbox`)).map(({ text }) => text)

  test('gets it in the end when the silo cannot be asked at first', async () => {
    await emulator.call('POST', `/accounts/${bert.phone}/power`, { on: false })
    await host.send('n1', `TWO${lastPhone}`, bert.jid, 'two')
    await emulator.call('POST', `/accounts/${bert.phone}/forget-sessions`, { of: anna.phone })
    await host.silo.ask('close', { number: 'n1', epoch: 1 })
    await host.reopen('n1')
    host.silo.hasForgotten = true
    await emulator.call('POST', `/accounts/${bert.phone}/power`, { on: true })
    await host.silo.event('closed', 'n1', ({ code }) => code === 428)
    assert.deepEqual(host.silo.asked, [`TWO${lastPhone}`])
    assert.deepEqual(await inbox(), ['one'])

    host.silo.hasForgotten = false
    await host.reopen('n1')
    await until(async () => (await inbox()).includes('two'), 'the second message came')
  })

  test('is answered five times, and no more', async () => {
    const id = `ONE${lastPhone}`
    const answers = async () =>
      (await emulator.call<{ sent: { id: string; retries: number }[] }>('GET', '/record')).sent.find((sent) => sent.id === id)?.retries
    const ask = async (count: number) => {
      await emulator.call('POST', `/accounts/${bert.phone}/ask-again`, { id, count })
      await until(async () => (await emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${anna.phone}`))
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
