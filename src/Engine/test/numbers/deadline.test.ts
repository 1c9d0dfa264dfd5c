import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { never } from '#engine/numbers/deadline.js'

test('what waits for ever is let go of', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const wait = async (waiter: { settled: boolean }) => {
    await never()
    waiter.settled = true
  }
  const begin = () => {
    const waiter = { settled: false }
    void wait(waiter)
    return new WeakRef(waiter)
  }
  const waiter = begin()
  assert.equal(waiter.deref()?.settled, false)
  // What a reference was read from in one turn is kept until the next.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  assert.equal(waiter.deref(), undefined)
})
