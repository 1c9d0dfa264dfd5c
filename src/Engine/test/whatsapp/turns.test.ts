import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, test } from 'node:test'
import type { SignalRepositoryWithLIDStore } from 'baileys'
import { inTurns } from '#engine/whatsapp/turns.js'

function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until) {
    // as arithmetic does
  }
}

describe('the arithmetic of many numbers', () => {
  test('begins a piece a turn, in order, and lets timers run in between', async () => {
    const begun: number[] = []
    let heard = 0
    const numbers = Array.from({ length: 100 }, (_, number) => inTurns({
      encryptMessage: async () => {
        begun.push(number)
        busy(5)
        return await Promise.resolve({ type: 'msg', ciphertext: new Uint8Array() })
      },
    } as unknown as SignalRepositoryWithLIDStore))
    const timer = setInterval(() => heard++, 1)

    await Promise.all(numbers.map((number) => number.encryptMessage({ jid: '', data: new Uint8Array() })))
    clearInterval(timer)

    assert.deepEqual(begun, Array.from({ length: 100 }, (_, number) => number))
    assert.ok(heard > 50, `a timer that is due at any moment ran ${heard} times`)
    await pause(0)
  })

  test('hands over what the work answers and how it fails', async () => {
    const repository = inTurns({
      encryptMessage: () => Promise.resolve({ type: 'pkmsg', ciphertext: new Uint8Array([1]) }),
      decryptMessage: () => Promise.reject(new Error('Bad MAC')),
    } as unknown as SignalRepositoryWithLIDStore)

    assert.equal((await repository.encryptMessage({ jid: '', data: new Uint8Array() })).type, 'pkmsg')
    await assert.rejects(repository.decryptMessage({ jid: '', type: 'msg', ciphertext: new Uint8Array() }), /Bad MAC/)
  })
})
