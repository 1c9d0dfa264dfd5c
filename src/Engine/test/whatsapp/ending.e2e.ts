import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'

describe('A connection that nothing passes through any more', () => {
  let emulator: Emulator
  let host: EmulatedHost
  let anna: { phone: string }
  let lastPhone = 4915150000000

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    host = await EmulatedHost.start(emulator, { keepAliveMs: 1_000 })
    anna = await emulator.phone(`${++lastPhone}`, 'Anna')
    await host.pair('n1', anna)
    await emulator.call('POST', '/faults', { kind: 'freeze', phone: anna.phone })
  })

  afterEach(() => host.stop())

  after(() => emulator.stop())

  test('is reported as soon as a ping stays unanswered, without waiting for a goodbye', async () => {
    const since = performance.now()
    await host.silo.event('closed', 'n1', ({ code }) => code === 408)
    assert.ok(performance.now() - since < 20_000, 'the library would wait for 30 s more')
    assert.deepEqual(host.silo.events.slice(-2).map(({ type }) => type), ['pingLost', 'closed'])
  })

  test('can be closed at once', async () => {
    const since = performance.now()
    await host.silo.ask('close', { number: 'n1', epoch: 1 })
    assert.ok(performance.now() - since < 4_000, 'the host would give up waiting after 5 s')
    assert.equal((await host.silo.ask<{ numbers: number }>('status', {})).numbers, 0)
  })
})
