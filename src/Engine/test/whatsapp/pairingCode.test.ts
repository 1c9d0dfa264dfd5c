import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { beforeEach, describe, test } from 'node:test'
import type { BinaryNode, WASocket } from 'baileys'
import { askForCode, CodeRefused } from '#engine/whatsapp/pairingCode.js'

describe('A pairing code', () => {
  let line: EventEmitter

  beforeEach(() => {
    line = new EventEmitter()
  })

  const ask = (limitMs = 60_000) =>
    askForCode({ ws: line as WASocket['ws'], requestPairingCode: async () => 'ABCD1234' }, '4915100000001', limitMs)

  /** As the library tells what arrives. */
  function answer(type: string, inner: BinaryNode, id = '1'): void {
    const stanza: BinaryNode = { tag: 'iq', attrs: { id, type }, content: [inner] }
    line.emit(`TAG:${id}`, stanza)
    line.emit(`CB:iq,type:${type}`, stanza)
  }

  const grant: BinaryNode = { tag: 'link_code_companion_reg', attrs: { stage: 'companion_hello' } }
  const refusal: BinaryNode = { tag: 'error', attrs: { code: '429', text: 'rate-overlimit' } }

  test('is given once the network knows it', async () => {
    const asked = ask()
    let isGiven = false
    void asked.then(() => {
      isGiven = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isGiven, false)
    answer('result', grant)
    assert.equal(await asked, 'ABCD1234')
    assert.deepEqual(line.eventNames(), [])
  })

  test('that the network refuses is none, also when it does so before the library is done', async () => {
    const asked = ask()
    answer('error', refusal)
    await assert.rejects(asked, (error) => error instanceof CodeRefused && error.code === '429')
    assert.deepEqual(line.eventNames(), [])
  })

  test('is not granted by an answer to something else', async () => {
    const asked = ask()
    line.on('TAG:7', () => undefined)
    answer('result', { tag: 'ping', attrs: {} }, '7')
    answer('error', refusal)
    await assert.rejects(asked, CodeRefused)
  })

  test('is not refused by an answer to something else', async () => {
    const asked = ask()
    line.on('TAG:8', () => undefined)
    answer('error', refusal, '8')
    answer('result', grant)
    assert.equal(await asked, 'ABCD1234')
  })

  test('to which the network says nothing is none', async () => {
    await assert.rejects(ask(1), /said nothing/)
    assert.deepEqual(line.eventNames(), [])
  })

  test('that the library could not ask for is none', async () => {
    const fault = new Error('no way')
    await assert.rejects(
      askForCode({ ws: line as WASocket['ws'], requestPairingCode: async () => Promise.reject(fault) }, '1', 60_000), fault)
    assert.deepEqual(line.eventNames(), [])
  })
})
