import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { Readings } from '#engine/whatsapp/readings.js'

describe('Reading files', () => {
  let readings: Readings
  let begun: string[]
  const leave = new Map<string, () => void>()

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    readings = new Readings({ most: 10, mostWaiting: 30, waitMs: 4_000 })
    begun = []
  })

  afterEach(() => mock.timers.reset())

  async function want(name: string, bytes: number, over = new AbortController()) {
    void readings.enter(bytes, over.signal).then((done) => {
      begun.push(done ? name : `no ${name}`)
      leave.set(name, done ?? (() => undefined))
    })
    await settle()
  }

  async function settle() {
    for (let turn = 0; turn < 5; turn++) {
      await Promise.resolve()
    }
  }

  async function end(name: string) {
    leave.get(name)?.()
    await settle()
  }

  test('happens at once as long as there is room, and then in the order in which they came', async () => {
    await want('a', 6)
    await want('b', 4)
    await want('c', 8)
    await want('d', 1)
    assert.deepEqual(begun, ['a', 'b'])
    await end('b')
    assert.deepEqual(begun, ['a', 'b'], 'a small one does not go past one that waits')
    await end('a')
    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
  })

  test('is alone with one that is larger than all may be', async () => {
    await want('a', 25)
    await want('b', 1)
    assert.deepEqual(begun, ['a'])
    await end('a')
    assert.deepEqual(begun, ['a', 'b'])
  })

  test('gives its room back once, whatever is said twice', async () => {
    await want('a', 10)
    await end('a')
    await want('b', 10)
    await end('a')
    await want('c', 10)
    assert.deepEqual(begun, ['a', 'b'])
  })

  test('waits for nobody for ever, and does not happen then', async () => {
    await want('a', 10)
    await want('b', 10)
    mock.timers.tick(3_999)
    await settle()
    assert.deepEqual(begun, ['a'])
    mock.timers.tick(1)
    await settle()
    assert.deepEqual(begun, ['a', 'no b'])
    await end('a')
    await want('c', 10)
    assert.deepEqual(begun, ['a', 'no b', 'c'])
  })

  test('does not happen when too much waits already', async () => {
    await want('a', 10)
    await want('b', 20)
    await want('c', 10)
    await want('d', 1)
    assert.deepEqual(begun, ['a', 'no d'])
    await end('a')
    await want('e', 20)
    assert.deepEqual(begun, ['a', 'no d', 'b'])
  })

  test('does not happen once it is over, and holds nobody up then', async () => {
    const over = new AbortController()
    await want('a', 6)
    await want('b', 8, over)
    await want('c', 4)
    assert.deepEqual(begun, ['a'])
    over.abort()
    await settle()
    assert.deepEqual(begun, ['a', 'no b', 'c'])
    await want('d', 1, over)
    assert.deepEqual(begun, ['a', 'no b', 'c', 'no d'])
  })
})
