import assert from 'node:assert/strict'
import { afterEach, describe, mock, test } from 'node:test'
import { Loading } from '#engine/numbers/loading.js'
import type { Entry } from '#engine/rpc/contract.js'

const entry = (name: string): Entry => ({ name, value: 'AAAA' })
const incomplete = { error: 'unavailable' }

describe('Credentials that are loaded in parts', () => {
  afterEach(() => mock.timers.reset())

  test('are taken once, all of them in their order', () => {
    const loading = new Loading()
    loading.add(1, [entry('a'), entry('b')])
    loading.add(2, [entry('c')])
    assert.deepEqual(loading.take(2), [entry('a'), entry('b'), entry('c')])
    assert.throws(() => loading.take(2), incomplete)
  })

  test('begin anew with the first part', () => {
    const loading = new Loading()
    loading.add(1, [entry('a')])
    loading.add(2, [entry('b')])
    loading.add(1, [entry('c')])
    assert.deepEqual(loading.take(1), [entry('c')])
  })

  test('are refused and forgotten when a part is missing', () => {
    const loading = new Loading()
    loading.add(1, [entry('a')])
    assert.throws(() => loading.add(3, [entry('c')]), incomplete)
    assert.throws(() => loading.take(1), incomplete)
    loading.add(1, [entry('a')])
    assert.throws(() => loading.take(2), incomplete)
    assert.throws(() => loading.take(1), incomplete)
  })

  test('are forgotten when whoever opens the number brings all of them', () => {
    const loading = new Loading()
    loading.add(1, [entry('a')])
    assert.deepEqual(loading.take(0), [])
    assert.throws(() => loading.take(1), incomplete)
  })

  test('are forgotten half a minute after the last part', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const loading = new Loading()
    loading.add(1, [entry('a')])
    mock.timers.tick(29_999)
    loading.add(2, [entry('b')])
    mock.timers.tick(29_999)
    assert.deepEqual(loading.take(2), [entry('a'), entry('b')])
    loading.add(1, [entry('a')])
    mock.timers.tick(30_000)
    assert.throws(() => loading.take(1), incomplete)
  })
})
