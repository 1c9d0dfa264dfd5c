import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFatal } from '#engine/faults.js'

const withCode = (code: string) => Object.assign(new Error('no'), { code })

test('An exception that nobody caught ends the process, whatever it is', () => {
  for (const fault of [new TypeError('no'), 1006, undefined]) {
    assert.equal(isFatal(fault, 'uncaughtException'), true)
  }
})

test('Work that failed unseen ends the process only when memory or files are used up', () => {
  for (const fault of [new Error('rate-overlimit'), new TypeError('no'), withCode('ECONNRESET'), 1006, 'closed', undefined, null]) {
    assert.equal(isFatal(fault, 'unhandledRejection'), false)
  }
  for (const fault of [withCode('EMFILE'), withCode('ENOMEM'), new RangeError('Array buffer allocation failed')]) {
    assert.equal(isFatal(fault, 'unhandledRejection'), true)
  }
})
