import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withEmulator } from '../testing/client.js'

const find = (host, fits) => host.upserts.find(message => message.message && fits(message.message))

async function pair(emulator, client) {
  const host = client()
  const anna = emulator.addPhone({ phone: '4915111111111', name: 'Anna' })
  const bert = emulator.addPhone({ phone: '4915122222222', name: 'Bert' })
  await host.pairWith(anna)
  return { host, anna, bert }
}

test('a reply says which message it answers', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)

  await bert.reply(anna.jid, { id: 'QUESTION', author: anna.jid, text: 'lunch?' }, 'at noon')

  const { extendedTextMessage: reply } = (await until('the reply', () => find(host, message => message.extendedTextMessage))).message
  const { stanzaId, participant, quotedMessage } = reply.contextInfo
  assert.deepEqual([reply.text, stanzaId, participant, quotedMessage.conversation], ['at noon', 'QUESTION', anna.jid, 'lunch?'])
}))

test('what a companion cannot read it asks for, and can read then', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  bert.garbles = 1

  const id = await bert.say(anna.jid, 'hello')

  await until('the message', () => find(host, message => message.conversation === 'hello'))
  assert.equal(emulator.record.messages.delivered.find(each => each.id === id).times, 2)
  assert.deepEqual(emulator.record.problems, [])
}))
