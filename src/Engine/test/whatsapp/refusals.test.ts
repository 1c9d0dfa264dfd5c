import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EngineError } from '#engine/rpc/contract.js'
import { asGroupRefusal, lastLook } from '#engine/whatsapp/refusals.js'

describe('What the network answers about a group', () => {
  for (const code of [400, 401, 403, 404, 410]) {
    test(`${code} is for good`, () => {
      const refusal = asGroupRefusal(Object.assign(new Error('item-not-found'), { data: code }))
      assert.ok(refusal instanceof EngineError)
      assert.deepEqual([refusal.error, refusal.code], ['rejected', 'not_in_group'])
    })
  }

  for (const error of [
    Object.assign(new Error('rate-overlimit'), { data: 429 }),
    Object.assign(new Error('internal-server-error'), { data: 500 }),
    Object.assign(new Error('Timed Out'), { data: { stack: '' }, output: { statusCode: 408 } }),
    Object.assign(new Error('Connection Closed'), { output: { statusCode: 428 } }),
    new TypeError('not planned'),
  ]) {
    test(`${error.message} may pass`, () => assert.equal(asGroupRefusal(error), error))
  }
})

test('The last look is taken when the library looks, and can still stop it', () => {
  let looks = 0
  const nodes = lastLook(() => {
    looks++
  })
  assert.equal(looks, 0)
  assert.equal(nodes.length, 0)
  assert.equal(looks, 1)
  const closed = lastLook(() => {
    throw new EngineError('notConnected', 'over')
  })
  assert.throws(() => closed.length, { error: 'notConnected' })
})
