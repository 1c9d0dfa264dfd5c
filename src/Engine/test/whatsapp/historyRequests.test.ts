import assert from 'node:assert/strict'
import { afterEach, describe, mock, test } from 'node:test'
import { proto } from 'baileys'
import type { Event } from '#engine/rpc/contract.js'
import { HistoryRequests } from '#engine/whatsapp/historyRequests.js'

const { ON_DEMAND, RECENT } = proto.HistorySync.HistorySyncType
const answer = (id?: string) => ({ syncType: ON_DEMAND, ...(id ? { peerDataRequestSessionId: id } : {}) })

describe('Requests for older messages', () => {
  afterEach(() => mock.timers.reset())

  test('wait one at a time per chat, and are told apart by the id the phone repeats', async () => {
    const requests = new HistoryRequests(() => undefined)
    await requests.ask('r1', 'a', async () => 'id1')
    await requests.ask('r2', 'b', async () => 'id2')
    await assert.rejects(requests.ask('r3', 'a', async () => 'id3'), { error: 'unavailable', code: 'history_running' })
    assert.equal(requests.requestOf(answer('id2')), 'r2')
    assert.equal(requests.requestOf(answer('id1')), 'r1')
    await requests.ask('r4', 'a', async () => 'id4')
    requests.end()
  })

  test('end by themselves when the phone is off', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const told: Event[] = []
    const requests = new HistoryRequests((event) => told.push(event))
    await requests.ask('r1', 'a', async () => 'id1')
    mock.timers.tick(60_000)
    assert.deepEqual(told, [{ type: 'historyReceived', messages: [], request: 'r1', done: true, failed: 'unanswered' }])
    await requests.ask('r2', 'a', async () => 'id2')
    requests.end()
  })

  test('are told apart from what a phone tells by itself, also when nobody waits for the answer any more', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const requests = new HistoryRequests(() => undefined)
    await requests.ask('r1', 'a', async () => 'late')
    mock.timers.tick(60_000)
    for (const id of ['late', 'of an earlier connection']) {
      assert.equal(requests.requestOf(answer(id)), id)
    }
    assert.equal(typeof requests.requestOf(answer()), 'string')
    assert.equal(requests.requestOf({ syncType: RECENT }), undefined)
  })

  test('hear at once that their answer could not be had, and leave the chat to others', async () => {
    const told: Event[] = []
    const requests = new HistoryRequests((event) => told.push(event))
    await requests.ask('r1', 'a', async () => 'id1')
    assert.equal(requests.lost({ syncType: RECENT }), false)
    assert.equal(requests.lost(answer('id1')), true)
    await requests.ask('r2', 'a', async () => 'id2')
    assert.deepEqual(told, [{ type: 'historyReceived', messages: [], request: 'r1', done: true, failed: 'lost' }])
    requests.end()
  })

  test('free their chat when they cannot be sent', async () => {
    const requests = new HistoryRequests(() => undefined)
    await assert.rejects(requests.ask('r1', 'a', async () => { throw new Error('gone') }), /gone/)
    await requests.ask('r2', 'a', async () => 'id2')
    requests.end()
  })
})
