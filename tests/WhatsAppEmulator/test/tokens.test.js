import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withEmulator } from '../testing/client.js'

async function pair(emulator, client) {
  const host = client()
  const anna = emulator.addPhone({ phone: '4915111111111', name: 'Anna' })
  const bert = emulator.addPhone({ phone: '4915122222222', name: 'Bert' })
  await host.pairWith(anna)
  const sent = async text => {
    const { key } = await host.socket.sendMessage(bert.jid, { text })
    return until(text, () => emulator.record.messages.sent.find(({ id }) => id === key.id))
  }
  return { host, anna, bert, sent }
}

test('a companion shows a token that somebody gave, and is asked for its own', () => withEmulator(async (emulator, client) => {
  const { anna, bert, sent } = await pair(emulator, client)
  assert.equal((await sent('one')).withToken, false)
  const [{ from, to }] = await until('the question', () => emulator.record.tokens.length > 0 && emulator.record.tokens)
  assert.deepEqual([from, to], [anna.account.companions[0].jid, bert.jid])

  bert.giveToken(anna)
  await until('the token', () => anna.account.companions[0].pendingCount === 0)
  assert.equal((await sent('two')).withToken, true)
  await until('both', () => bert.inbox.length === 2)
  assert.deepEqual(emulator.record.problems, [])
}))

test('the answer to who gives a token has the one that was given', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  const ask = jid => host.socket.query({
    tag: 'iq', attrs: { type: 'set', xmlns: 'privacy', to: '@s.whatsapp.net' },
    content: [{ tag: 'tokens', attrs: {}, content: [{ tag: 'token', attrs: { jid, t: '1700000000', type: 'trusted_contact' } }] }]
  })
  assert.equal((await ask(bert.jid)).content, undefined)
  bert.giveToken(anna)
  const [tokens] = (await ask(bert.jid)).content
  assert.deepEqual(Buffer.from(tokens.content[0].content), anna.account.tokens.get(bert.account.phone).token)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a token that its receiver did not give is refused', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  bert.giveToken(anna)
  await until('the token', () => anna.account.companions[0].pendingCount === 0)
  anna.account.tokens.get(bert.account.phone).token = Buffer.alloc(16)
  const { key } = await host.socket.sendMessage(bert.jid, { text: 'one' })
  await until('the refusal', () => host.stanzas.find(({ attrs }) => attrs.id === key.id && attrs.error === '479'))
  assert.match(emulator.record.problems[0].what, /^a token that its receiver did not give/)
}))
