import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ErrorData, Event, errorCode, events, toHost, toSilo } from '#engine/rpc/contract.js'
import type { Shape } from '#engine/rpc/shape.js'

const folder = new URL('../../../protocol/', import.meta.url)
const methods: Record<string, { params: Shape<unknown>; result?: Shape<unknown> }> = { ...toSilo, ...toHost }

interface Recorded {
  type?: string
  params?: unknown
  result?: unknown
  error?: { code: number; data?: unknown }
}

function recorded(name: string): Recorded[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Recorded[]
}

/** Null and left out are the same in this protocol. */
function withoutNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each: unknown) => (each === null ? undefined : each)) ?? 'null')
}

test('There is a file of recorded messages for each method and each event, and no other', () => {
  const expected = [...Object.keys(methods), ...Object.keys(events).map((type) => `event.${type}`)].map((name) => `${name}.json`)
  assert.deepEqual(readdirSync(folder).sort(), expected.sort())
})

for (const type of Object.keys(events)) {
  test(`Every recorded ${type} is an event of the contract and says nothing the contract does not know`, () => {
    const examples = recorded(`event.${type}`)
    assert.notEqual(examples.length, 0)
    for (const example of examples) {
      assert.equal(example.type, type)
      assert.deepEqual(withoutNulls(Event(example, '')), withoutNulls(example))
    }
  })
}

for (const [name, { params, result }] of Object.entries(methods)) {
  test(`Every recorded ${name} fits the contract`, () => {
    const examples = recorded(name)
    assert.notEqual(examples.length, 0)
    for (const example of examples) {
      const read = params(example.params, 'params')
      assert.deepEqual(withoutNulls(read), withoutNulls(example.params))
      if (example.error) {
        if (example.error.code === errorCode) {
          ErrorData(example.error.data, 'error.data')
        }
      } else if (result) {
        assert.deepEqual(withoutNulls(result(example.result, 'result')), withoutNulls(example.result))
      }
    }
  })
}

test('A value of the wrong kind is refused with its place', () => {
  assert.throws(
    () => toHost.prepare.params({ number: 'n1', epoch: 1, message: { kind: 'message', mentions: [1] } }, ''),
    /message\.whatsAppId should be a text/)
  assert.throws(() => Event({ type: 'closed', code: 'x' }, ''), /code should be an integer/)
  assert.throws(() => Event({ type: 'nonsense' }, ''), /known kind/)
})
