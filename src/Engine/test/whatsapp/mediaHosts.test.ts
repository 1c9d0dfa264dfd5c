import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import type { BinaryNode } from 'baileys'
import { MediaHosts } from '#engine/whatsapp/mediaHosts.js'

describe('Where files go', () => {
  let passed: number
  let asked: number
  let answer: () => Promise<BinaryNode>
  let hosts: MediaHosts

  const names = ({ auth = 'A', ttl = '300', host = 'media.whatsapp.net' } = {}): BinaryNode => ({
    tag: 'iq', attrs: {}, content: [{ tag: 'media_conn', attrs: { auth, ttl }, content: host ? [{ tag: 'host', attrs: { hostname: host } }] : [] }],
  })
  const get = async (isOfNoUse?: boolean) => {
    const { auth, hosts: named } = await hosts.get(isOfNoUse)
    return [auth, ...named.map(({ hostname }) => hostname)]
  }

  beforeEach(() => {
    passed = 0
    asked = 0
    mock.method(performance, 'now', () => passed)
    answer = async () => names()
    hosts = new MediaHosts(() => {
      asked++
      return answer()
    })
  })

  afterEach(() => mock.restoreAll())

  test('is asked once for all, and again when the answer is over', async () => {
    assert.deepEqual(await Promise.all([get(), get()]), [['A', 'media.whatsapp.net'], ['A', 'media.whatsapp.net']])
    passed = 300_000
    await get()
    assert.equal(asked, 1)
    passed++
    answer = async () => names({ auth: 'B' })
    assert.deepEqual(await get(), ['B', 'media.whatsapp.net'])
    assert.equal(asked, 2)
  })

  test('is asked again when the answer is of no use, unless it is new', async () => {
    await get()
    passed = 10_000
    await get(true)
    assert.equal(asked, 1)
    passed++
    answer = async () => names({ auth: 'B' })
    assert.deepEqual([await get(true), await get()], [['B', 'media.whatsapp.net'], ['B', 'media.whatsapp.net']])
    assert.equal(asked, 2)
  })

  test('is asked again after a question that failed, in pauses that grow and are over with an answer', async () => {
    const refused = new Error('refused')
    answer = async () => { throw refused }
    const at: number[] = []
    for (; passed < 200_000; passed += 100) {
      const before = asked
      await Promise.all([assert.rejects(get(), refused), assert.rejects(get(true), refused)])
      if (asked > before) {
        at.push(passed)
        assert.equal(asked, before + 1)
      }
    }
    assert.deepEqual(at, [0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 123_000, 183_000])
    answer = async () => names()
    passed = 243_000
    await get()
    answer = async () => { throw refused }
    passed += 300_001
    await assert.rejects(get(), refused)
    answer = async () => names()
    passed += 1_000
    await get()
  })

  test('is not known from an answer that says nothing of it', async () => {
    for (const said of [names({ auth: '' }), names({ host: '' }), { tag: 'iq', attrs: {} }]) {
      answer = async () => said
      await assert.rejects(get())
      passed += 60_000
    }
    answer = async () => names({ ttl: 'soon' })
    await get()
    passed++
    await get()
    assert.equal(asked, 5)
  })
})
