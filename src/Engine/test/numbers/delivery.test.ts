import assert from 'node:assert/strict'
import { afterEach, describe, mock, test } from 'node:test'
import { ConnectionError, ConnectionErrors, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node.js'
import { Delivery } from '#engine/numbers/delivery.js'
import { type Cursor, EngineError, type Event } from '#engine/rpc/contract.js'

const named = (name: string): Event => ({ type: 'named', jid: 'x@s.whatsapp.net', name, saved: false })
const at = (sequence: number): Cursor => ({ host: 'h', epoch: 2, sequence })

async function settle() {
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve()
  }
}

function start(answer: () => void = () => undefined) {
  const offered: { first: number; names: string[] }[] = []
  const told = { overtaken: 0, logged: [] as string[] }
  const delivery = new Delivery('n1', 'h', 2, async (first, events) => {
    offered.push({ first: first.sequence, names: events.map((event) => (event.type === 'named' ? event.name : event.type)) })
    answer()
  }, (level, message) => told.logged.push(`${level} ${message}`), () => told.overtaken++)
  return { delivery, offered, told }
}

describe('A delivery', () => {
  afterEach(() => {
    mock.timers.reset()
    mock.restoreAll()
  })

  test('offers what was added in one turn as one batch, in order', async () => {
    const { delivery, offered } = start()
    delivery.add(named('a'))
    delivery.add(named('b'), named('c'))
    await settle()
    assert.deepEqual(offered, [{ first: 1, names: ['a', 'b', 'c'] }])
    delivery.end()
  })

  test('offers again with growing pauses what nobody took', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    let refusals = 3
    const { delivery, offered } = start(() => {
      if (refusals-- > 0) {
        throw new Error('no')
      }
    })
    delivery.add(named('a'))
    await settle()
    for (const [pause, times] of [[100, 2], [200, 3], [400, 4]] as const) {
      mock.timers.tick(pause - 1)
      await settle()
      assert.equal(offered.length, times - 1)
      mock.timers.tick(1)
      await settle()
      assert.equal(offered.length, times)
    }
    assert.ok(offered.every(({ first }) => first === 1))
    delivery.end()
  })

  test('offers what nobody took within two seconds when it is told to, once, and goes on with its pauses', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    mock.method(Math, 'random', () => 0.5)
    let takes = false
    const { delivery, offered } = start(() => {
      if (!takes) {
        throw new Error('not now')
      }
    })
    delivery.hurry()
    delivery.add(named('a'))
    for (let i = 0; i < 10; i++) {
      await settle()
      mock.timers.tick(5_000)
    }
    await settle()
    const before = offered.length
    delivery.hurry()
    delivery.hurry()
    mock.timers.tick(999)
    await settle()
    assert.equal(offered.length, before)
    mock.timers.tick(1)
    await settle()
    assert.equal(offered.length, before + 1)
    mock.timers.tick(4_999)
    await settle()
    assert.equal(offered.length, before + 1)
    takes = true
    mock.timers.tick(1)
    await settle()
    assert.equal(offered.length, before + 2)
    delivery.hurry()
    mock.timers.tick(2_000)
    await settle()
    assert.equal(offered.length, before + 2)
    delivery.end()
  })

  test('makes no pause longer, and hurries also what was on offer and refused when it was told to', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    mock.method(Math, 'random', () => 0.5)
    let refuse: ((reason: Error) => void) | undefined
    let offers = 0
    const delivery = new Delivery('n1', 'h', 2, () => new Promise((_, reject) => {
      offers++
      refuse = reject
    }), () => undefined, () => undefined)
    delivery.add(named('a'))
    await settle()
    refuse?.(new Error('not now'))
    await settle()
    delivery.hurry()
    mock.timers.tick(50)
    await settle()
    assert.equal(offers, 2)
    for (let i = 0; i < 8; i++) {
      refuse?.(new Error('not now'))
      await settle()
      mock.timers.tick(5_000)
      await settle()
    }
    const before = offers
    delivery.hurry()
    refuse?.(new Error('not now'))
    await settle()
    mock.timers.tick(1_000)
    await settle()
    assert.equal(offers, before + 1)
    refuse?.(new Error('not now'))
    await settle()
    mock.timers.tick(4_900)
    delivery.hurry()
    mock.timers.tick(100)
    await settle()
    assert.equal(offers, before + 2)
    mock.timers.tick(2_000)
    await settle()
    assert.equal(offers, before + 2)
    delivery.end()
  })

  test('warns of what nobody took unless the silo, which says why itself, has answered that', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const refusals = [
      new ResponseError(ErrorCodes.InternalError, 'nobody took it'),
      new ResponseError(-32000, 'parts are missing'),
      new EngineError('unavailable', 'not now'),
      new ConnectionError(ConnectionErrors.Closed, 'gone'),
    ]
    const { delivery, told } = start(() => {
      throw refusals.shift() ?? new EngineError('staleEpoch', 'never')
    })
    delivery.add(named('a'))
    for (const pause of [100, 200, 400, 800]) {
      await settle()
      mock.timers.tick(pause)
    }
    await settle()
    assert.deepEqual(told.logged, [
      'debug events were not taken',
      'warning events were not taken',
      'warning events were not taken',
      'warning events were not taken',
      'information somebody else has the number; what was not stored is let go',
    ])
  })

  test('keeps events that belong together in one batch of at most 200', async () => {
    const { delivery, offered } = start()
    for (let i = 0; i < 199; i++) {
      delivery.add(named(`${i}`))
    }
    delivery.add(named('message'), named('keys'))
    await settle()
    assert.deepEqual(offered.map(({ first, names }) => [first, names.length]), [[1, 199], [200, 2]])
    delivery.end()
  })

  test('cuts batches at 4 MiB', async () => {
    const { delivery, offered } = start()
    for (let i = 0; i < 3; i++) {
      delivery.add(named('x'.repeat(1_500_000)))
    }
    await settle()
    assert.deepEqual(offered.map(({ names }) => names.length), [2, 1])
    delivery.end()
  })

  test('says that events are stored when they are acknowledged, not when they are taken', async () => {
    const { delivery } = start()
    let stored = false
    delivery.add(named('a'), named('b'))
    void delivery.stored().then(() => { stored = true })
    await settle()
    delivery.acknowledge(at(1))
    delivery.acknowledge({ ...at(2), host: 'another' })
    delivery.acknowledge({ ...at(2), epoch: 1 })
    await settle()
    assert.equal(stored, false)
    delivery.acknowledge(at(2))
    await settle()
    assert.equal(stored, true)
    delivery.end()
  })

  test('offers again what was taken and never acknowledged', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const { delivery, offered } = start()
    delivery.add(named('a'), named('b'))
    await settle()
    delivery.acknowledge(at(1))
    mock.timers.tick(10_000)
    await settle()
    assert.deepEqual(offered, [{ first: 1, names: ['a', 'b'] }, { first: 2, names: ['b'] }])
    delivery.end()
  })

  test('ends when it is told that its epoch is over, and for no other refusal', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const refusals = [new EngineError('unavailable', 'not now'), new EngineError('staleEpoch', 'never')]
    const { delivery, offered, told } = start(() => {
      throw refusals.shift()
    })
    delivery.add(named('a'))
    await settle()
    assert.deepEqual([told.overtaken, delivery.waiting], [0, 1])
    mock.timers.tick(100)
    await settle()
    assert.deepEqual([told.overtaken, delivery.waiting], [1, 0])
    mock.timers.tick(60_000)
    delivery.add(named('b'))
    await settle()
    assert.equal(offered.length, 2)
  })

  test('is silent once ended', async () => {
    const { delivery, offered } = start()
    delivery.end()
    delivery.add(named('a'))
    await settle()
    assert.deepEqual(offered, [])
  })

  test('says of nothing that it is stored once ended, whatever was stored before', async () => {
    const { delivery } = start()
    delivery.add(named('a'))
    await settle()
    delivery.acknowledge(at(1))
    await delivery.stored()
    delivery.end()
    delivery.add(named('b'))
    assert.equal(await Promise.race([delivery.stored().then(() => 'stored'), settle().then(() => 'waits')]), 'waits')
  })
})
