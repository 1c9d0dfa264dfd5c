import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Level } from '#engine/log/log.js'
import { libraryLog, notActive } from '#engine/whatsapp/libraryLog.js'

describe('What the library writes in its log', () => {
  const lines: { level: Level; message: string; data: unknown }[] = []
  const log = libraryLog((level, message, _, data) => lines.push({ level, message, data }))
  const last = () => lines.at(-1)

  test('is told with its level and its fault, without the data', () => {
    log.error({ key: 'a secret', error: new TypeError('no session') }, 'failed to decrypt message')

    assert.equal(last()?.level, 'error')
    assert.equal(last()?.message, 'failed to decrypt message')
    assert.match(JSON.stringify(last()?.data), /no session/)
    assert.doesNotMatch(JSON.stringify(last()), /a secret/)
  })

  test('is heard as it is said', () => {
    const said: string[] = []
    libraryLog(() => undefined, (text) => said.push(text)).warn({ err: new Error('refused') }, notActive)
    assert.deepEqual(said, [notActive])
  })

  test('is no error when a stream ends, as it does in the middle of linking', () => {
    log.error({ reasonNode: {}, fullErrorNode: {} }, 'stream errored out')

    assert.equal(last()?.level, 'information')
  })
})
