import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { proto } from 'baileys'
import type { Event } from '#engine/rpc/contract.js'
import { HistoryImport } from '#engine/whatsapp/historyImport.js'
import { type HistoryPart, HistoryParts } from '#engine/whatsapp/historyParts.js'

const { INITIAL_BOOTSTRAP, PUSH_NAME, RECENT } = proto.Message.HistorySyncType
const end = { type: 'historyReceived' as const, messages: [], done: true }

describe('What a phone tells a new device of its history', () => {
  const bootstrap = { syncType: INITIAL_BOOTSTRAP, chunkOrder: 1, progress: 50, directPath: '/v/1' }
  const recent = { syncType: RECENT, chunkOrder: 2, progress: 100, directPath: '/v/2' }
  let told: Event[]
  let memory: { lacksHistory: boolean }
  let parts: HistoryParts
  let history: HistoryImport

  beforeEach(() => {
    told = []
    memory = { lacksHistory: false }
    connect()
  })

  function connect() {
    parts = new HistoryParts((part) => history.lost(part))
    history = new HistoryImport((event) => told.push(event), memory, () => parts.isImportUnderWay)
  }

  function announce(...announced: HistoryPart[]) {
    for (const part of announced) {
      parts.told({ messages: [{ key: { fromMe: true, id: 'M' }, message: { protocolMessage: { historySyncNotification: part } } }] })
      parts.shouldRead(part)
    }
  }

  /** As the library reads it and tells it at once. */
  function read(part: HistoryPart) {
    parts.read(part)
    const percent = part.progress as number
    told.push(history.honest({ type: 'historyReceived', messages: [], percent, done: percent === 100 }, parts.isLate))
    parts.delivered()
    history.settle()
  }

  test('is passed on as it is when everything came', () => {
    announce(bootstrap)
    read(bootstrap)
    announce(recent)
    read(recent)
    assert.deepEqual(told, [{ ...end, percent: 50, done: false }, { ...end, percent: 100 }])
    parts.end()
    connect()
    announce(recent)
    read(recent)
    assert.deepEqual(told.at(-1), { ...end, percent: 100 }, 'nothing of it is remembered')
  })

  test('ends when what is under way beside its last part was read, too', () => {
    announce(bootstrap, recent)
    read(recent)
    assert.deepEqual(told, [{ ...end, done: false }])
    read(bootstrap)
    assert.deepEqual(told.slice(1), [{ ...end, done: false }, end])
  })

  test('ends when what is under way beside its last part is lost, and says so', () => {
    announce(bootstrap, recent)
    read(recent)
    parts.failed("<message id='M'/>", Object.assign(new Error(), { code: 'Z_DATA_ERROR' }))
    assert.deepEqual(told.slice(1), [{ ...end, failed: 'lost' }])
  })

  test('lacks at its end what was lost before, also on a later connection, and only then', () => {
    announce(bootstrap)
    parts.end()
    history.end()
    assert.deepEqual(told, [])
    connect()
    announce(recent)
    read({ ...recent, progress: 70 })
    announce(recent)
    read(recent)
    assert.deepEqual(told, [{ ...end, percent: 70, done: false }, { ...end, failed: 'lost' }])
    announce(recent)
    read(recent)
    assert.deepEqual(told.at(-1), { ...end, failed: 'lost' }, 'a second end says the same')
    connect()
    announce(recent)
    read(recent)
    assert.deepEqual(told.at(-1), { ...end, percent: 100 })
  })

  test('is kept as ended when a part comes that was lost by then', () => {
    announce(bootstrap, recent)
    parts.end()
    for (const part of [bootstrap, recent]) {
      read(part)
      assert.deepEqual(told.at(-1), { ...end, done: false })
    }
  })

  test('ends also when its last part is lost, as when the connection ends while that is read', () => {
    announce(bootstrap)
    read(bootstrap)
    announce(recent)
    parts.end()
    assert.deepEqual(told.slice(1), [{ ...end, failed: 'lost' }])
    assert.equal(memory.lacksHistory, false)
  })

  test('is remembered to lack something when nobody hears any more that its last part is lost', () => {
    announce(recent)
    history.end()
    parts.end()
    assert.deepEqual([told, memory.lacksHistory], [[], true])
  })

  test('lacks no message where names could not be had', () => {
    announce({ syncType: PUSH_NAME }, recent)
    read(recent)
    parts.end()
    assert.deepEqual(told, [{ ...end, percent: 100 }])
    assert.equal(memory.lacksHistory, false)
  })
})
