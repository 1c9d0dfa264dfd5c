import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Entry, Event } from '#engine/rpc/contract.js'
import { ahead, inParts } from '#engine/rpc/parts.js'

const mebibyte = 1024 * 1024
const changed = (changes: Entry[]): Event => ({ type: 'credentialsChanged', changes })
const entries = (count: number, length: number): Entry[] =>
  Array.from({ length: count }, (_, index) => ({ name: `session/${index}.0`, value: 'A'.repeat(length) }))

describe('Changes of credentials', () => {
  test('are one part as long as they are few', () => {
    const few: Entry[] = [...entries(100, 1000), { name: 'pre-key/1', value: null }]
    assert.deepEqual(inParts(few), [few])
    assert.deepEqual(inParts([]), [[]])
  })

  test('are all there in parts that each fit into a frame, in their order', () => {
    const many = entries(50, mebibyte / 2)
    const parts = inParts(many)
    assert.deepEqual(parts?.flat(), many)
    assert.equal(parts?.length, 8)
    for (const part of parts ?? []) {
      assert.ok(JSON.stringify(part).length <= 4 * mebibyte + 100 * part.length)
    }
  })

  test('of one large entry are a part of its own, as long as a frame takes it', () => {
    const [large, small] = [...entries(1, 11 * mebibyte), { name: 'creds', value: 'AAAA' }]
    assert.deepEqual(inParts([small!, large!, small!])?.map((part) => part.length), [1, 1, 1])
    assert.equal(inParts(entries(1, 12 * mebibyte)), undefined)
  })

  test('are no longer told when they are more than the silo gathers', () => {
    assert.equal(inParts(entries(64, mebibyte - 40))?.length, 16)
    assert.equal(inParts(entries(65, mebibyte - 40)), undefined)
  })
})

describe('A batch', () => {
  const opened: Event = { type: 'opened' }

  test('goes as it is when its changes are few', () => {
    const batch = [opened, changed(entries(3, 10)), changed(entries(3, 10))]
    assert.deepEqual(ahead(batch), { ahead: [], events: batch })
  })

  test('has all but the last part of its changes go ahead', () => {
    const many = entries(10, mebibyte)
    const told = ahead([opened, changed(many)])
    const rest = told.events[1]
    assert.deepEqual(told.events[0], opened)
    assert.deepEqual([...told.ahead.flat(), ...(rest?.type === 'credentialsChanged' ? rest.changes : [])], many)
    assert.deepEqual(told.ahead.map((part) => part.length), [3, 3, 3])
  })
})
