import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import type { BinaryNode } from 'baileys'
import { Arrivals } from '#engine/whatsapp/arrivals.js'
import { until } from '../testing/until.js'

const anna = '491511@s.whatsapp.net'
const bert = '491512@s.whatsapp.net'
const group = '120363000000000001@g.us'
const list = '1412345678@broadcast'

describe('what arrives', () => {
  let late = 0
  const arrivals = new Arrivals(() => late++, 50)

  /** A message whose handling ends when its function is called. */
  function message(attrs: BinaryNode['attrs'], of = arrivals) {
    const stanza: BinaryNode = { tag: 'message', attrs }
    const given = { stanza, hasBegun: false, end: () => undefined as void, handled: Promise.resolve() }
    given.handled = of.message(stanza, () => new Promise<void>((resolve) => {
      given.hasBegun = true
      given.end = resolve
    }))
    return given
  }

  test('is handled in order where it is one conversation, whichever device wrote it', async () => {
    const patient = new Arrivals(() => assert.fail())
    for (const [one, other] of [
      [{ from: anna }, { from: '491511:3@s.whatsapp.net' }],
      [{ from: anna }, { from: '491599:2@s.whatsapp.net', recipient: anna }],
      [{ from: group, participant: anna }, { from: group, participant: bert }],
      [{ from: list, participant: '491511:3@s.whatsapp.net' }, { from: anna }],
    ] as const) {
      const [first, second] = [message(one, patient), message(other, patient)]
      assert.deepEqual([first.hasBegun, second.hasBegun], [true, false])
      first.end()
      await first.handled
      await until(() => second.hasBegun, 'the second one began')
      second.end()
      await second.handled
      await until(() => patient.busy === 0, 'nothing is kept')
    }
  })

  test('does not wait for another conversation', async () => {
    const patient = new Arrivals(() => assert.fail())
    const others: BinaryNode['attrs'][] = [
      { from: anna }, { from: bert }, { from: group, participant: anna }, { from: list, participant: '491513@s.whatsapp.net' },
      { from: 'status@broadcast', participant: anna },
    ]
    const all = others.map((attrs) => message(attrs, patient))
    assert.ok(all.every(({ hasBegun }) => hasBegun))
    all.forEach(({ end }) => end())
    await Promise.all(all.map(({ handled }) => handled))
    await until(() => patient.busy === 0, 'nothing is kept')
  })

  test('is given up when nothing gets done within the limit, and that is said', async () => {
    message({ from: anna })
    const next = message({ from: anna })
    await until(() => next.hasBegun, 'the next one began')
    assert.equal(late, 1)
    next.end()
    await next.handled
    assert.equal(late, 1)
    await until(() => arrivals.busy === 0, 'nothing is kept')
  })

  test('may take longer while others get done, but not for ever', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const slow = message({ from: anna })
      for (let limits = 1; limits <= 5; limits++) {
        const other = message({ from: bert })
        other.end()
        await other.handled
        assert.equal(late, 1)
        mock.timers.tick(50)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await slow.handled
      assert.equal(late, 2)
    } finally {
      mock.timers.reset()
    }
  })

  test('has one order, whether it waited for the connection or came live', async () => {
    const { stanza, end, handled } = message({ from: anna, offline: '0' })
    assert.deepEqual(stanza.attrs, { from: anna })
    end()
    await handled
  })
})
