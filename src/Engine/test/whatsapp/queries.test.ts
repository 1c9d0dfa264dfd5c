import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import type { WASocket } from 'baileys'
import { Queries } from '#engine/whatsapp/queries.js'

describe('What the library asks the network', () => {
  let line: EventEmitter
  let queries: Queries
  let isHolding: boolean
  let passed: number
  let failed: string[]

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    passed = 0
    mock.method(performance, 'now', () => passed)
    line = new EventEmitter()
    isHolding = false
    failed = []
    queries = new Queries(line as WASocket['ws'], 60_000, () => isHolding)
  })

  afterEach(() => {
    mock.restoreAll()
    mock.timers.reset()
  })

  /** As the library does. */
  function ask(id: string): void {
    line.once(`TAG:${id}`, ({ attrs }: { attrs: { type: string } }) => {
      if (attrs.type === 'error') {
        failed.push(id)
      }
    })
  }

  function pass(ms: number): void {
    passed += ms
    mock.timers.tick(ms)
  }

  test('fails when its time is up, however late it began, and nothing else does', async () => {
    await queries.within(4_000, async () => {
      ask('first')
      await Promise.resolve()
      pass(1_500)
      ask('second')
    })
    ask('other')
    pass(2_499)
    assert.deepEqual(failed, [])
    pass(1)
    assert.deepEqual(failed, ['first', 'second'])
    pass(600_000)
    assert.deepEqual(failed, ['first', 'second'])
  })

  test('fails sooner than the library would give up by itself', async () => {
    queries = new Queries(line as WASocket['ws'], 1_000, () => false)
    await queries.within(4_000, async () => ask('one'))
    pass(999)
    assert.deepEqual(failed, ['one'])
  })

  test('fails where everything else of the number waits for it', () => {
    isHolding = true
    ask('one')
    isHolding = false
    ask('other')
    pass(60_000)
    assert.deepEqual(failed, ['one'])
  })

  test('fails in time however late it is asked, where that is told, and is told before whoever asked hears of it', async () => {
    const told: unknown[] = []
    await queries.watched((code) => told.push([code, ...failed]), async () => {
      pass(60_000)
      ask('first')
      pass(7_999)
      assert.deepEqual(told, [])
      pass(1)
      ask('second')
      line.emit('TAG:second', { attrs: { type: 'error' }, content: [{ tag: 'error', attrs: { code: '503' } }] })
      ask('third')
      line.emit('TAG:third', { attrs: { type: 'result' }, content: [{ tag: 'list', attrs: {}, content: [
        { tag: 'user', attrs: {} }, { tag: 'user', attrs: {}, content: [{ tag: 'error', attrs: { code: '406' } }] },
      ] }] })
      ask('fourth')
      line.emit('TAG:fourth', { attrs: { type: 'result' } })
    })
    ask('other')
    line.emit('TAG:other', { attrs: { type: 'error' }, content: [{ tag: 'error', attrs: { code: '503' } }] })
    assert.deepEqual(told, [[408], [503, 'first'], [406, 'first', 'second']])
    assert.equal(line.listenerCount('TAG:first') + line.listenerCount('TAG:third'), 0, 'nothing is left of them')
  })

  test('fails before the library would go on without an answer, each by itself', async () => {
    await queries.answered(async () => {
      ask('first')
      pass(40_000)
      ask('second')
      pass(8_000)
      assert.deepEqual(failed, ['first'])
      pass(39_999)
      assert.deepEqual(failed, ['first'])
      pass(1)
    })
    assert.deepEqual(failed, ['first', 'second'])
  })

  test('is left alone once it was answered', async () => {
    await queries.within(4_000, async () => ask('one'))
    line.emit('TAG:one', { attrs: { type: 'result' } })
    line.on('TAG:one', () => failed.push('one'))
    pass(60_000)
    assert.deepEqual(failed, [])
  })
})
