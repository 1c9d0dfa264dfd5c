import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { before, describe, test } from 'node:test'
import { shareContext } from '#engine/sharedContext.js'

describe('storages that share one', () => {
  let storage: typeof import('node:async_hooks').AsyncLocalStorage

  before(async () => {
    shareContext()
    storage = (await import('node:async_hooks')).AsyncLocalStorage
  })

  test('each keep their own, through awaits, side by side and one within another', async () => {
    const one = new storage<number>()
    const other = new storage<string>()
    const seen = async (n: number) => await one.run(n, async () => {
      await pause(1)
      const within = await other.run(`of ${n}`, async () => {
        await pause(1)
        return [one.getStore(), other.getStore()]
      })
      return [...within, one.getStore(), other.getStore()]
    })

    assert.deepEqual(await Promise.all([seen(1), seen(2)]), [[1, 'of 1', 1, undefined], [2, 'of 2', 2, undefined]])
    assert.equal(one.getStore(), undefined)
  })

  test('are left, entered and handed over', async () => {
    const one = new storage<number>()
    one.run(1, () => {
      one.exit(() => assert.equal(one.getStore(), undefined))
      assert.equal(one.run(2, (add: number) => (one.getStore() ?? 0) + add, 3), 5)
    })
    await Promise.resolve().then(() => {
      one.enterWith(7)
      assert.equal(one.getStore(), 7)
    })
  })

  test('are handed on to who waits for a timer, and not to the timer', async () => {
    const one = new storage<number>()
    const seen = await one.run(1, async () => {
      const inTimer = await new Promise((done) => setTimeout(() => done(one.getStore()), 1))
      return [inTimer, one.getStore()]
    })

    assert.deepEqual(seen, [undefined, 1])
  })

  test('let go of what they held while a timer of them runs on', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const one = new storage<object>()
    const timers: NodeJS.Timeout[] = []
    const held = (() => {
      const keys = {}
      one.run(keys, () => timers.push(setTimeout(() => undefined, 60_000), setInterval(() => undefined, 60_000)))
      return new WeakRef(keys)
    })()
    // What is looked at once stays until the turn is over.
    await pause(1)
    collect()
    const left = held.deref()
    timers.forEach(clearTimeout)

    assert.equal(left, undefined)
  })

  test('are what the library gets', async () => {
    await import('baileys')
    const { AsyncLocalStorage } = await import('async_hooks')
    assert.equal(AsyncLocalStorage, storage)
  })
})
