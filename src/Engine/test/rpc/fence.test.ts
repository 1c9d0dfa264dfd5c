import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Fence } from '#engine/rpc/fence.js'
import { until } from '../testing/until.js'

const limitMs = 400

describe('the fence', () => {
  test('holds while heartbeats come, also when the process was too busy to hear them, and falls when they end', async () => {
    let fell = 0
    const fence = new Fence(limitMs, () => fell++)
    const silo = new Worker("const { parentPort } = require('worker_threads'); setInterval(() => parentPort.postMessage(1), 20)", { eval: true })
    let heard = 0
    silo.on('message', () => {
      heard++
      fence.heartbeat()
    })
    try {
      await until(() => heard > 0, 'heartbeats come')
      const busyUntil = performance.now() + (3 * limitMs)
      while (performance.now() < busyUntil) {
        // as arithmetic does
      }
      const before = heard
      await until(() => heard > before + 30, 'what came meanwhile is heard')
      assert.equal(fell, 0)
    } finally {
      await silo.terminate()
    }
    await until(() => fell > 0, 'the fence falls')
    assert.equal(fell, 1)
    fence.lower()
  })
})
