import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { Retries } from '#engine/whatsapp/retries.js'

const most = 5
const key = 'M1:22:4@lid'

describe('What is counted of messages that could not be read', () => {
  let retries: Retries
  let passed = 0

  beforeEach(() => {
    passed = 0
    mock.method(performance, 'now', () => passed)
    retries = new Retries()
  })

  afterEach(() => mock.restoreAll())

  /** As the library does: it looks and counts before it asks for the message, and once more before it sends. */
  function count(): boolean {
    const known = retries.get<number>(key) ?? 0
    if (known < most) {
      retries.set(key, known + 1)
    }
    return known < most
  }

  function answer(): boolean {
    retries.asked('M1', '22:4@lid')
    return count() && count()
  }

  test('are the answers to a receiver, each once', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(() => answer()), [true, true, true, true, true, false, false])
  })

  test('is not an answer that ended with its connection', () => {
    for (let attempt = 0; attempt < 20; attempt++) {
      retries.asked('M1', '22:4@lid')
      assert.equal(count(), true)
      retries.begin()
    }
    assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => answer()), [true, true, true, true, true, false])
  })

  test('is not an answer at which the library failed, however far it came', () => {
    const receipt = { tag: 'receipt', attrs: { id: 'M1', from: '22:4@lid' } }
    for (let attempt = 0; attempt < 20; attempt++) {
      retries.asked('M1', '22:4@lid')
      assert.ok(count() && (attempt % 2 === 0 || count()))
      retries.unfinished(receipt)
      retries.begin()
    }
    assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => answer()), [true, true, true, true, true, false])
  })

  test('are no more for a receiver that was answered before a restart', () => {
    const answers = [4, 5, 6, 7].map((time) => {
      retries.asked('M1', '22:4@lid', time)
      return count() && count()
    })
    assert.deepEqual(answers, [true, true, false, false])
    assert.equal(answer(), false, 'whatever it says afterwards')
    retries.asked('M3', '22:4@lid', Number.NaN)
    assert.equal(retries.get('M3:22:4@lid'), 0)
  })

  test('are our own wishes, as the library has them', () => {
    for (const times of [1, 2, 3]) {
      retries.set('M2:undefined', times)
      assert.equal(retries.get('M2:undefined'), times)
    }
  })

  test('is forgotten after an hour', () => {
    retries.set('M2:undefined', 3)
    while (answer()) {
      passed += 1_000
    }
    passed += 60 * 60_000 - 1_000
    assert.equal(answer(), false)
    passed += 2_000
    assert.equal(answer(), true)
    assert.equal(retries.get('M2:undefined'), undefined)
  })
})
