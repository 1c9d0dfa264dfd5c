import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { proto, type WAMessage } from 'baileys'
import { HistoryParts } from '#engine/whatsapp/historyParts.js'
import type { HistoryPart } from '#engine/whatsapp/wholeFiles.js'

const { FULL, RECENT } = proto.HistorySync.HistorySyncType

describe('A part of the history', () => {
  const announced = (fromMe: boolean, part: HistoryPart): WAMessage =>
    ({ key: { fromMe, remoteJid: '491510000001@s.whatsapp.net' }, message: { protocolMessage: { historySyncNotification: part } } })
  const parts = () => {
    const expected: HistoryPart[] = []
    const lost: HistoryPart[] = []
    return { expected, lost, parts: new HistoryParts((part) => expected.push(part), (part) => lost.push(part)) }
  }
  const whole = { syncType: RECENT, initialHistBootstrapInlinePayload: deflateSync('some') }
  const notWhole = { syncType: RECENT, initialHistBootstrapInlinePayload: Buffer.from('no history') }
  const file = { syncType: RECENT, directPath: '/v/file' }

  test('is read when our own phone announces it, and is lost when nobody can read what is in its message', () => {
    const { expected, lost, parts: ours } = parts()
    for (const part of [whole, file, notWhole]) {
      ours.told({ messages: [announced(true, part)], type: 'notify' })
      assert.equal(ours.isRead(part), part !== notWhole)
    }
    assert.deepEqual([expected, lost], [[whole, file], [notWhole]])
  })

  test('is neither read nor lost when somebody else does', () => {
    const { expected, lost, parts: ours } = parts()
    for (const part of [whole, file, notWhole]) {
      ours.told({ messages: [announced(false, part)], type: 'notify' })
      assert.equal(ours.isRead(part), false)
    }
    assert.deepEqual([expected, lost], [[], []])
    ours.told({ messages: [announced(true, file)], type: 'notify' })
    assert.equal(ours.isRead(file), true)
  })

  test('is not read when the library has no use for its kind', () => {
    const { expected, lost, parts: ours } = parts()
    const full = { syncType: FULL, directPath: '/v/full' }
    ours.told({ messages: [announced(true, full)], type: 'append' })
    assert.equal(ours.isRead(full), false)
    assert.deepEqual([expected, lost], [[], []])
  })

  test('is waited for by a connection that asks in general', () => {
    const { parts: ours } = parts()
    ours.told({ messages: [announced(false, file)], type: 'notify' })
    assert.equal(ours.isRead({ syncType: RECENT }), true)
  })
})
