import assert from 'node:assert/strict'
import { afterEach, describe, mock, test } from 'node:test'
import { Slots } from '#engine/numbers/slots.js'

async function settle() {
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve()
  }
}

describe('Slots', () => {
  const wanted = new AbortController().signal

  afterEach(() => mock.timers.reset())

  function start(limits: { most: number; mostOfOne: number }) {
    const slots = new Slots({ ...limits, waitMs: 1_000 })
    const begun: string[] = []
    const running = new Map<string, { end: () => void; fail: () => void }>()
    const run = (name: string, signal = wanted) => slots.run(name.slice(0, 1), signal, async () => {
      begun.push(name)
      await new Promise<void>((resolve, reject) => running.set(name, { end: resolve, fail: () => reject(new Error('failed')) }))
    })
    return { begun, run, end: (name: string) => running.get(name)?.end(), fail: (name: string) => running.get(name)?.fail() }
  }

  test('let no more begin at once than they may, of one number and of all', async () => {
    const { begun, run, end } = start({ most: 3, mostOfOne: 2 })
    const all = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((name) => run(name))
    await settle()
    assert.deepEqual(begun, ['a1', 'a2', 'b1'])
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']) {
      end(name)
      await settle()
    }
    await Promise.all(all)
    assert.deepEqual(begun, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2'], 'first the number with the least under way')
  })

  test('are free again after a failure', async () => {
    const { begun, run, fail } = start({ most: 1, mostOfOne: 1 })
    const failed = assert.rejects(run('a1'), /failed/)
    void run('b1')
    await settle()
    fail('a1')
    await failed
    await settle()
    assert.deepEqual(begun, ['a1', 'b1'])
  })

  test('are not waited for longer than they may be, nor by who is wanted no longer', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const { begun, run, end } = start({ most: 1, mostOfOne: 1 })
    const asking = new AbortController()
    void run('a1')
    const refused = (signal?: AbortSignal) => assert.rejects(run('b1', signal), { error: 'unavailable' })
    const takenBack = refused(asking.signal)
    const late = refused()
    asking.abort()
    await takenBack
    await refused(asking.signal)
    mock.timers.tick(1_000)
    await late
    void run('c1')
    end('a1')
    await settle()
    assert.deepEqual(begun, ['a1', 'c1'])
  })
})
