import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { AppStateDebt } from '#engine/whatsapp/appStateDebt.js'

describe('A file of the settings or the address book that could not be had', () => {
  let asked: readonly string[][]
  let answer: () => Promise<void>
  let memory: { owesAppState: boolean }
  let isOver: boolean

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    asked = []
    answer = async () => undefined
    memory = { owesAppState: false }
    isOver = false
  })

  afterEach(() => mock.timers.reset())

  const debt = (isReady = true) => new AppStateDebt({
    socket: {
      resyncAppState: async (collections) => {
        asked = [...asked, [...collections]]
        await answer()
      },
    },
    log: () => undefined,
    memory,
    lifetime: { get isOver() { return isOver } },
    isReady: () => isReady,
  })
  const after = async (ms: number) => {
    mock.timers.tick(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }

  test('is asked for again after a while, once for several of them', async () => {
    const owed = debt()
    owed.lost()
    owed.lost()
    await after(9_999)
    assert.deepEqual(asked, [])
    await after(1)
    assert.deepEqual(asked, [['critical_block', 'critical_unblock_low', 'regular_high', 'regular_low', 'regular']])
    assert.equal(memory.owesAppState, false)
    await after(3_600_000)
    assert.equal(asked.length, 1)
    owed.lost()
    await after(10_000)
    assert.equal(asked.length, 2)
  })

  test('is asked for ever more rarely, and a few times in a connection', async () => {
    const owed = debt()
    answer = async () => owed.lost()
    owed.lost()
    for (const [wait, times] of [[10_000, 1], [59_999, 1], [1, 2], [299_999, 2], [1, 3], [1_800_000, 4], [86_400_000, 4]] as const) {
      await after(wait)
      assert.equal(asked.length, times)
    }
    assert.equal(memory.owesAppState, true)
  })

  test('is asked for again when the question failed, and on the next connection', async () => {
    const owed = debt()
    answer = async () => Promise.reject(new Error('nobody answered'))
    owed.lost()
    await after(10_000)
    await after(60_000)
    assert.equal(asked.length, 2)
    owed.end()
    await after(3_600_000)
    assert.equal(asked.length, 2)

    answer = async () => undefined
    const next = debt()
    next.opened()
    await after(10_000)
    assert.equal(asked.length, 3)
    const last = debt()
    last.opened()
    await after(10_000)
    assert.equal(asked.length, 3)
  })

  test('is not asked for by a number that is not connected', async () => {
    const owed = debt(false)
    owed.lost()
    await after(10_000)
    assert.deepEqual([asked, memory.owesAppState], [[], true])
    isOver = true
    debt().lost()
    await after(10_000)
    assert.deepEqual(asked, [])
  })
})
