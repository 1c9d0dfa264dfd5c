import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import type { GroupMetadata } from 'baileys'
import { Groups } from '#engine/whatsapp/groups.js'

describe('The groups of a number', () => {
  let passed: number
  let groups: Groups

  beforeEach(() => {
    passed = 0
    mock.timers.enable({ apis: ['setTimeout'] })
    mock.method(performance, 'now', () => passed)
    groups = new Groups()
  })

  afterEach(() => {
    mock.restoreAll()
    mock.timers.reset()
  })

  const pass = (ms: number) => {
    passed += ms
    mock.timers.tick(ms)
  }
  const keep = (id: string, members: number) =>
    groups.keep({ id, participants: Array.from({ length: members }, (_, n) => ({ id: `${n}@lid` })) } as GroupMetadata)
  const known = (...ids: string[]) => ids.filter((id) => groups.get(id)?.id === id)

  test('are known for five minutes, and then let go', () => {
    keep('a', 5)
    pass(200_000)
    keep('b', 5)
    pass(99_999)
    assert.deepEqual(known('a', 'b'), ['a', 'b'])
    pass(1)
    assert.deepEqual([known('a', 'b'), groups.count], [['b'], 1])
    pass(300_000)
    assert.deepEqual([known('a', 'b'), groups.count], [[], 0])
    keep('a', 5)
    pass(300_000)
    assert.equal(groups.count, 0)
  })

  test('are forgotten, the oldest first, when they have too many members together', () => {
    for (const id of ['a', 'b', 'c', 'd']) {
      keep(id, 2_400)
    }
    keep('a', 2_400)
    assert.deepEqual(known('a', 'b', 'c', 'd'), ['a', 'b', 'c', 'd'])
    keep('e', 2_400)
    assert.deepEqual(known('a', 'b', 'c', 'd', 'e'), ['a', 'c', 'd', 'e'])
    groups.forget('c')
    keep('f', 2_400)
    assert.deepEqual(known('a', 'd', 'e', 'f'), ['a', 'd', 'e', 'f'])
  })

  test('are a thousand at most, and one of any size', () => {
    for (let n = 0; n < 1_500; n++) {
      keep(`${n}`, 0)
    }
    assert.equal(groups.count, 1_000)
    keep('all', 50_000)
    assert.deepEqual([known('all', '1499'), groups.count], [['all'], 1])
    keep('a', 1)
    assert.deepEqual([known('all', 'a'), groups.count], [['a'], 1])
  })
})
