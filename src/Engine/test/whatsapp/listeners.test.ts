import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { aroundListeners } from '#engine/whatsapp/listeners.js'

test('Each listener is called in its order, with what was told, by whoever stands around it', () => {
  const emitter = new EventEmitter()
  const heard: unknown[] = []
  emitter.on('a', (...args) => heard.push(['first', ...args]))
  emitter.on('a', (...args) => heard.push(['second', ...args]))
  aroundListeners(emitter, (event, args, call) => {
    heard.push([event, ...args])
    call()
  })
  emitter.prependListener('a', () => heard.push('before'))
  emitter.emit('a', 1, 2)
  assert.deepEqual(heard, ['before', ['a', 1, 2], ['first', 1, 2], ['a', 1, 2], ['second', 1, 2]])
  emitter.removeAllListeners('a')
  emitter.emit('a', 3)
  assert.equal(heard.length, 5)
})
