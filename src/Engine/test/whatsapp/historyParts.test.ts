import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { downloadAndProcessHistorySyncNotification, getUrlFromDirectPath, proto } from 'baileys'
import { type HistoryPart, HistoryParts, type Part } from '#engine/whatsapp/historyParts.js'

const { FULL, NO_HISTORY, PUSH_NAME, RECENT } = proto.Message.HistorySyncType
const notReadable = Object.assign(new Error('incorrect header check'), { code: 'Z_DATA_ERROR' })
const ofAddressBook = new Error('Timed Out')

describe('A part of the history', () => {
  const whole: HistoryPart = { syncType: RECENT, initialHistBootstrapInlinePayload: deflateSync('some') }
  const notWhole = { syncType: RECENT, initialHistBootstrapInlinePayload: Buffer.from('no history') }
  const file = { syncType: RECENT, directPath: '/v/file', chunkOrder: 1 }
  const next = { syncType: RECENT, directPath: '/v/next', chunkOrder: 2 }
  let lost: HistoryPart[]
  let parts: HistoryParts

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    lost = []
    parts = new HistoryParts((part) => lost.push(part), 60_000)
  })

  afterEach(() => mock.timers.reset())

  const told = (part: HistoryPart, { fromMe = true, id = 'M1' } = {}) => {
    parts.told({ messages: [{ key: { fromMe, id }, message: { protocolMessage: { historySyncNotification: part } } }] })
    return parts.shouldRead(part)
  }
  const asked = ({ directPath }: { directPath: string }) => parts.asked(getUrlFromDirectPath(directPath)) as Part
  const fails = (id: string, error: Error) => parts.failed(`<message from='1@s.whatsapp.net' id='${id}'>`, error)

  test('is read when our own phone announces it, and is lost when what is in its message cannot be', () => {
    assert.deepEqual([whole, file, notWhole].map((part) => told(part)), [true, true, false])
    assert.deepEqual(lost, [notWhole])
  })

  test('that somebody else announces is never followed: the library leaves it out by itself', () => {
    assert.deepEqual([whole, file, notWhole].map((part) => told(part, { fromMe: false })), [true, true, true])
    assert.equal(asked(file), undefined)
    fails('M1', notReadable)
    parts.end()
    assert.deepEqual(lost, [])
  })

  test('that the library has no use for is not followed, nor is the question whether there will be any', () => {
    assert.equal(told({ syncType: FULL, directPath: '/v/full' }), false)
    assert.equal(told({ syncType: NO_HISTORY, directPath: '/v/other' }), true)
    assert.equal(parts.shouldRead({ syncType: RECENT }), true)
    parts.end()
    assert.deepEqual(lost, [])
  })

  test('is not lost once it was told', () => {
    for (const part of [whole, file]) {
      told(part)
      if (part === file) {
        parts.handed(asked(file), () => undefined)
      }
      parts.read(part)
      parts.delivered()
    }
    fails('M1', notReadable)
    mock.timers.tick(100_000)
    parts.end()
    assert.deepEqual(lost, [])
  })

  test('is lost at once when its message fails because nobody can read it, and not when another message does', () => {
    told(whole)
    fails('M2', notReadable)
    assert.deepEqual(lost, [])
    fails('M1', notReadable)
    fails('M1', notReadable)
    assert.deepEqual(lost, [whole])
  })

  test('is lost at once as well when what came out of it is no history', async () => {
    const noHistory = { ...whole, initialHistBootstrapInlinePayload: deflateSync('no history') }
    told(noHistory)
    mock.timers.reset()
    const error = await downloadAndProcessHistorySyncNotification(noHistory, {}).then(() => new Error('it was read'), (failed: Error) => failed)
    fails('M1', error)
    assert.deepEqual(lost, [noHistory])
  })

  test('is read all the same when its message fails because of something else, and lost when it is not read in time', () => {
    told(whole)
    fails('M1', ofAddressBook)
    mock.timers.tick(59_999)
    parts.read(whole)
    parts.delivered()
    mock.timers.tick(100_000)
    assert.deepEqual(lost, [])

    told(whole)
    fails('M1', ofAddressBook)
    mock.timers.tick(60_000)
    assert.deepEqual(lost, [whole])
  })

  test('is not late while its file is fetched, and is when it is not read after that', () => {
    let left = 0
    told(file)
    const part = asked(file)
    fails('M1', ofAddressBook)
    mock.timers.tick(1_000_000)
    parts.handed(part, () => left++)
    mock.timers.tick(59_999)
    assert.deepEqual([lost, left], [[], 0])
    mock.timers.tick(1)
    assert.deepEqual([lost, left], [[file], 1])
  })

  test('is lost when the library never asks for its file', () => {
    told({ syncType: PUSH_NAME })
    mock.timers.tick(60_000)
    assert.deepEqual(lost, [{ syncType: PUSH_NAME }])
  })

  test('is known from the next one, which may be read beside it', () => {
    const left: string[] = []
    told(file, { id: 'M1' })
    parts.handed(asked(file), () => left.push('first'))
    told(next, { id: 'M2' })
    parts.handed(asked(next), () => left.push('second'))
    parts.read(file)
    assert.deepEqual(left, ['first'])
    fails('M2', notReadable)
    assert.deepEqual([lost, left], [[next], ['first', 'second']])
  })

  test('is known from another one of the same number by its kind', () => {
    const names = { syncType: PUSH_NAME, chunkOrder: 1, directPath: '/v/names' }
    told(file)
    told(names)
    parts.read(names)
    parts.delivered()
    parts.end()
    assert.deepEqual(lost, [file])
  })

  test('is lost when the connection is over before it was told, even though it was read', () => {
    const left: string[] = []
    told(file)
    parts.handed(asked(file), () => left.push('first'))
    parts.read(file)
    assert.equal(parts.isAnyKept, true)
    told(next)
    const late = asked(next)
    parts.end()
    assert.deepEqual([lost, left], [[file, next], ['first']])
    late.lose()
    parts.handed(late, () => left.push('second'))
    mock.timers.tick(100_000)
    parts.end()
    assert.deepEqual([lost.length, left], [2, ['first', 'second']])
  })

  test('is lost when it was read and could not be told', () => {
    told(file)
    told(next)
    parts.read(file)
    parts.undelivered()
    parts.delivered()
    assert.deepEqual(lost, [file])
  })

  test('is asked for once under one path, and by that named', () => {
    told(file)
    assert.equal(asked(file).what, file)
    assert.equal(asked(file), undefined)
  })
})
