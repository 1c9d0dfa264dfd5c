import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'
import { until } from '../testing/until.js'

describe('What one number meets', () => {
  const groups = 'get w:g2 participating'
  let emulator: Emulator
  let host: EmulatedHost
  let anna: { phone: string }
  let bert: { phone: string }
  let lastPhone = 4915120000000

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    host = await EmulatedHost.start(emulator)
    anna = await emulator.phone(`${++lastPhone}`, 'Anna')
    bert = await emulator.phone(`${++lastPhone}`, 'Bert')
    await host.pair('n1', anna)
    await host.pair('n2', bert)
    await host.silo.ask('close', { number: 'n1', epoch: 1 })
    await emulator.call('POST', '/faults', { kind: 'dirty', phone: anna.phone })
  })

  afterEach(() => host.stop())

  after(() => emulator.stop())

  test('a question of the library that is refused disturbs neither it nor the others', async () => {
    await emulator.call('POST', '/faults', { kind: 'query-error', phone: anna.phone, query: groups, code: 500, count: 2 })
    await host.reopen('n1')
    await until(() => host.silo.logs.some(({ number, data }) =>
      number === 'n1' && (data as { event?: string } | undefined)?.event === 'CB:ib,,dirty'), 'the refusal was logged')
    assert.equal(await host.answers('n1', bert.phone), true)
    assert.equal(await host.answers('n2', anna.phone), true)
    assert.deepEqual(host.silo.eventsOf('closed').map(({ code }) => code), [515, 515])
  })

  test('a line that goes dead while the library asks something ends its own connection only', async () => {
    await emulator.call('POST', '/faults', { kind: 'query-drop', phone: anna.phone, query: groups })
    await host.silo.ask('open', { number: 'n1', epoch: 1, credentials: host.credentials('n1') })
    await host.silo.event('closed', 'n1', ({ code }) => code === 428)
    assert.equal(await host.answers('n2', anna.phone), true)
    await host.reopen('n1')
    assert.deepEqual(host.silo.eventsOf('closed', 'n2').map(({ code }) => code), [515])
  })
})
