import assert from 'node:assert/strict'
import { afterEach, describe, mock, test } from 'node:test'
import type { Event } from '#engine/rpc/contract.js'
import { HistoryRequests } from '#engine/whatsapp/historyRequests.js'

describe('Requests for older messages', () => {
  afterEach(() => mock.timers.reset())

  test('wait one at a time per chat, and are told apart by the id the phone repeats', async () => {
    const requests = new HistoryRequests(() => undefined)
    await requests.ask('r1', 'a', async () => 'id1')
    await requests.ask('r2', 'b', async () => 'id2')
    await assert.rejects(requests.ask('r3', 'a', async () => 'id3'), { error: 'unavailable', code: 'history_running' })
    assert.equal(requests.answered('id2'), 'r2')
    assert.equal(requests.answered('id1'), 'r1')
    assert.equal(requests.answered('id1'), undefined)
    assert.equal(requests.answered(undefined), undefined)
    await requests.ask('r4', 'a', async () => 'id4')
    requests.end()
  })

  test('end by themselves when the phone is off', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const told: Event[] = []
    const requests = new HistoryRequests((event) => told.push(event))
    await requests.ask('r1', 'a', async () => 'id1')
    mock.timers.tick(60_000)
    assert.deepEqual(told, [{ type: 'historyReceived', messages: [], request: 'r1', done: true }])
    await requests.ask('r2', 'a', async () => 'id2')
    requests.end()
  })

  test('free their chat when they cannot be sent', async () => {
    const requests = new HistoryRequests(() => undefined)
    await assert.rejects(requests.ask('r1', 'a', async () => { throw new Error('gone') }), /gone/)
    await requests.ask('r2', 'a', async () => 'id2')
    requests.end()
  })
})
