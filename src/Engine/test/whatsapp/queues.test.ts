import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, test } from 'node:test'
import { Queues } from '#engine/whatsapp/queues.js'
import { until } from '../testing/until.js'

const forever = new Promise<never>(() => undefined)

describe('queues', () => {
  test('do one thing at a time for each name, in order, and in the context of whoever wants it', async () => {
    const context = new AsyncLocalStorage<string>()
    const queues = new Queues()
    const seen: string[] = []
    let running = 0
    const want = (who: string, name: string) => context.run(who, () => queues.run(name, async () => {
      assert.equal(++running, 1)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      seen.push(`${who} in ${context.getStore() ?? 'none'}`)
    }))

    await Promise.all([want('first', 'a.0'), want('second', 'a.0'), want('third', 'a.0')])

    assert.deepEqual(seen, ['first in first', 'second in second', 'third in third'])
  })

  test('go on after a failure, and one name does not wait for another', async () => {
    const queues = new Queues()
    void queues.run('b.0', () => forever)
    const failed = queues.run('a.0', () => Promise.reject(new Error('Bad MAC')))
    const after = queues.run('a.0', () => Promise.resolve(2))

    await assert.rejects(failed, /Bad MAC/)
    assert.equal(await after, 2)
    await until(() => queues.busy === 1, 'only the one that never ends is kept')
  })
})
