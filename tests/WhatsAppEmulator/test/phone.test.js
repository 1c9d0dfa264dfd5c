import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withEmulator } from '../testing/client.js'

const { proto } = await import('baileys')

async function pair(emulator, client, settings) {
  const host = client(settings)
  const anna = emulator.addPhone({ phone: '4915111111111', name: 'Anna' })
  const bert = emulator.addPhone({ phone: '4915122222222', name: 'Bert' })
  const device = await host.pairWith(anna)
  return { host, anna, bert, device }
}

const find = (host, fits) => host.upserts.find(message => message.message && fits(message.message))

/** Writes to the last of these devices, too, though it is gone, and waits for the complaint. */
async function isNoticed(emulator, host, devices) {
  const enc = { tag: 'enc', attrs: { v: '2', type: 'msg' }, content: Buffer.from('x') }
  const parts = devices.map(jid => ({ tag: 'to', attrs: { jid }, content: [enc] }))
  await host.socket.sendNode({
    tag: 'message', attrs: { id: 'GONE', to: devices[0], type: 'text' }, content: [{ tag: 'participants', attrs: {}, content: parts }]
  })
  const [problem] = await until('the problem', () => emulator.record.problems.length > 0 && emulator.record.problems)
  assert.ok(problem.what.startsWith(`a ciphertext for ${devices.at(-1)}, which it knows to be gone`), problem.what)
}

test('a person reacts, edits and deletes', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  const { key } = await host.socket.sendMessage(bert.jid, { text: 'lunch?' })
  await until('the message', () => bert.inbox.length === 1)

  await bert.react(anna.jid, { id: key.id }, '👍')
  const id = await bert.say(anna.jid, 'at noon')
  await bert.edit(anna.jid, id, 'at one')
  await bert.revoke(anna.jid, id)

  const reaction = await until('the reaction', () => find(host, message => message.reactionMessage))
  assert.deepEqual([reaction.message.reactionMessage.text, reaction.message.reactionMessage.key.id], ['👍', key.id])
  const edit = await until('the edit', () => find(host, message => message.protocolMessage?.editedMessage))
  assert.deepEqual([edit.message.protocolMessage.editedMessage.conversation, edit.message.protocolMessage.key.id], ['at one', id])
  const revoke = await until('the deletion', () => find(host, message => message.protocolMessage?.type === 0))
  assert.equal(revoke.message.protocolMessage.key.id, id)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a companion reacts, edits and deletes, and the phone can read it', () => withEmulator(async (emulator, client) => {
  const { host, bert } = await pair(emulator, client)
  const { key } = await host.socket.sendMessage(bert.jid, { text: 'lunch?' })

  await host.socket.sendMessage(bert.jid, { react: { key, text: '❤️' } })
  await host.socket.sendMessage(bert.jid, { text: 'dinner?', edit: key })
  await host.socket.sendMessage(bert.jid, { delete: key })

  await until('all of it', () => bert.inbox.length === 4)
  assert.deepEqual(bert.inbox.map(each => [each.kind, each.text]), [
    ['extendedTextMessage', 'lunch?'],
    ['reactionMessage', '❤️'],
    [bert.inbox[2].kind, 'dinner?'],
    ['protocolMessage', null]
  ])
  assert.deepEqual(emulator.record.problems, [])
}))

test('who is saved in the address book is told to companions, before and after they are linked', () => withEmulator(async (emulator, client) => {
  const anna = emulator.addPhone({ phone: '4915111111111', name: 'Anna' })
  const bert = emulator.addPhone({ phone: '4915122222222', name: 'Bert' })
  const carla = emulator.addPhone({ phone: '4915133333333', name: 'Carla' })
  await anna.saveContact(bert, 'Bert the plumber')
  const host = client()
  await host.pairWith(anna)
  const contacts = () => host.events.flatMap(({ name, data }) => name === 'contacts.upsert' ? data : name === 'messaging-history.set' ? data.contacts : [])
  const named = (person, name) => until(name, () => contacts().some(contact => contact.id === person.jid && contact.name === name))
  await named(bert, 'Bert the plumber')

  await anna.saveContact(carla, 'Carla from school')
  await named(carla, 'Carla from school')
  await anna.saveContact(bert, 'Bert')
  await named(bert, 'Bert')
  assert.deepEqual(emulator.record.problems, [])
}))

test('people who know only the hidden address write to it', () => withEmulator(async (emulator, client) => {
  const { host, bert } = await pair(emulator, client)

  const { key } = await host.socket.sendMessage(bert.lidJid, { text: 'to the hidden address' })

  const arrived = await until('the message', () => bert.inbox.find(each => each.id === key.id))
  assert.equal(arrived.text, 'to the hidden address')
  await until('its receipt', () => host.statusOf(key.id) >= 3)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a phone that lost its session asks again, and gets the message', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  await bert.say(anna.jid, 'hello')
  await until('the greeting', () => host.received('hello'))
  await host.socket.sendMessage(bert.jid, { text: 'first' })
  await until('the first message', () => bert.inbox.length === 1)
  bert.forgetSessions(anna.account)

  const { key } = await host.socket.sendMessage(bert.jid, { text: 'second' })

  const arrived = await until('the second message', () => bert.inbox.find(each => each.text === 'second'))
  assert.equal(arrived.id, key.id)
  const record = emulator.record.messages.sent.find(each => each.id === key.id)
  assert.deepEqual([record.times, record.asked, record.retries], [1, 1, 1])
  assert.deepEqual(emulator.record.problems, [])
}))

test('a companion that lost its session asks again, and gets the message', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  await bert.say(anna.jid, 'first')
  await until('the first message', () => host.received('first'))
  await host.socket.sendMessage(bert.jid, { text: 'answer' })
  await until('the answer', () => bert.inbox.length === 1)
  await bert.say(anna.jid, 'on a confirmed session')
  await until('the message', () => host.received('on a confirmed session'))
  host.forgetSessions()

  await bert.say(anna.jid, 'second')

  await until('the second message', () => host.received('second'))
  const record = emulator.record.messages.delivered.at(-1)
  assert.deepEqual([record.times, record.asked, record.retries], [2, 1, 1])
  assert.deepEqual(emulator.record.problems, [])
}))

test('a hidden address that appears late belongs to the same person', () => withEmulator(async (emulator, client) => {
  const { host, anna } = await pair(emulator, client)
  const carla = emulator.addPhone({ phone: '4915133333333', name: 'Carla', lidKnown: false })
  await carla.say(anna.jid, 'by number')
  const before = await until('the first message', () => host.received('by number'))
  await host.socket.sendMessage(carla.jid, { text: 'answer' })
  await until('the answer', () => carla.inbox.length === 1)

  carla.account.lidKnown = true
  await carla.say(anna.jid, 'with an alias')

  const after = await until('the second message', () => host.received('with an alias'))
  assert.equal(before.key.remoteJidAlt, undefined)
  assert.equal(after.key.remoteJidAlt, carla.lidJid)
  await host.socket.sendMessage(carla.jid, { text: 'still you' })
  await until('the second answer', () => carla.inbox.length === 2)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a device that joins gets messages at once, and one that left gets none', () => withEmulator(async (emulator, client) => {
  const { host, bert } = await pair(emulator, client)
  await host.socket.sendMessage(bert.jid, { text: 'to the phone only' })
  await until('the first message', () => bert.inbox.length === 1)
  const other = client()
  const device = await other.pairWith(bert)
  await until('the news at the sender', () => emulator.accounts.find(host.creds.me.id).companions[0].pendingCount === 0)

  await host.socket.sendMessage(bert.jid, { text: 'to both' })
  await until('the message at the companion', () => other.received('to both'))
  bert.unlink(device)
  await until('the news at the sender', () => emulator.accounts.find(host.creds.me.id).companions[0].pendingCount === 0)
  await host.socket.sendMessage(bert.jid, { text: 'to the phone again' })

  await until('the last message', () => bert.inbox.length === 3)
  assert.deepEqual(emulator.record.problems, [])

  // It is written to all the same.
  await isNoticed(emulator, host, [bert.jid, host.creds.me.id.replace(/:.*@/, '@'), device.jid])
}))

test('a companion is told which devices its own account has when one joins or leaves, and that it may not write to that one', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  const lists = []
  host.socket.ws.on('CB:notification,type:account_sync', ({ attrs, content }) =>
    lists.push([attrs.from, ...content.flatMap(each => each.content.map(device => [device.attrs.jid, device.attrs['key-index']]))]))
  const device = await client().pairWith(anna)
  await until('the news that it is there', () => lists.length === 1)
  anna.unlink(device)
  await until('the news that it is gone', () => lists.length === 2)

  const [phone, own] = [[anna.jid, undefined], [host.creds.me.id, '1']]
  assert.deepEqual(lists, [[anna.jid, phone, own, [device.jid, '2']], [anna.jid, phone, own]])

  await until('that it knows', () => emulator.accounts.find(host.creds.me.id).companions[0].pendingCount === 0)
  await host.socket.sendMessage(bert.jid, { text: 'hello' })
  await until('the message', () => bert.inbox.length === 1)
  await isNoticed(emulator, host, [bert.jid, anna.jid, device.jid])
}))

test('a message given as bytes is sent with whatever is in them', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)

  await bert.sendEncoded(anna.jid, proto.Message.encode({ locationMessage: { degreesLatitude: NaN, degreesLongitude: 1 } }).finish(), { id: 'NOWHERE' })

  const { locationMessage } = (await until('the message', () => find(host, message => message.locationMessage))).message
  assert.deepEqual([locationMessage.degreesLatitude, locationMessage.degreesLongitude], [NaN, 1])
}))

test('a message described in JSON is sent with bytes where the protocol has them', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)

  await bert.sendDescribed(anna.jid, { pollCreationMessage: { name: 'When?', options: [{ optionName: 'six' }], encKey: 'AQID' } })

  const { pollCreationMessage: poll } = (await until('the message', () => find(host, message => message.pollCreationMessage))).message
  assert.deepEqual([poll.name, poll.options.map(option => option.optionName), [...poll.encKey]], ['When?', ['six'], [1, 2, 3]])
}))

test('a person asks for a message once more, and gets it once more', () => withEmulator(async (emulator, client) => {
  const { host, bert } = await pair(emulator, client)
  const sent = await host.socket.sendMessage(bert.jid, { text: 'again' })
  host.messages.set(sent.key.id, sent.message)
  await until('the message', () => bert.inbox.length === 1)
  assert.throws(() => bert.askAgain('NOTHING'), /nobody sent/)

  bert.askAgain(sent.key.id)

  await until('the message once more', () => bert.inbox.length === 2)
  assert.deepEqual(bert.inbox.map(each => each.text), ['again', 'again'])
  await host.socket.relayMessage(bert.jid, sent.message, { messageId: sent.key.id })
  await until('the message for everybody', () => bert.inbox.length === 3)
  const record = emulator.record.messages.sent.find(each => each.id === sent.key.id)
  assert.deepEqual([record.times, record.asked, record.retries], [2, 1, 1])
}))

test('a companion that gets no content asks its phone, and gets it', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)

  await bert.say(anna.jid, 'from an advertisement', { id: 'AD1', unavailable: true })
  await bert.say(anna.jid, 'once', { id: 'ONCE1', unavailable: 'view_once' })

  const placeholder = await until('the placeholder', () => host.upserts.find(message => message.key.id === 'AD1' && !message.message))
  assert.equal(placeholder.key.remoteJid, bert.jid)
  await until('what may be viewed once', () => host.upserts.find(message => message.key.id === 'ONCE1' && message.key.isViewOnce))
  const { key } = await until('the content', () => host.received('from an advertisement'))
  assert.equal(key.id, 'AD1')
  assert.equal(host.received('once'), undefined)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a person writes to a broadcast list, and everybody on it has it from this person', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert, device } = await pair(emulator, client)
  const cleo = emulator.addPhone({ phone: '4915133333333', name: 'Cleo' })
  const { jid } = bert.createList([anna, cleo])

  const id = await bert.say(jid, 'to all')

  const { key } = await until('the message', () => host.received('to all'))
  assert.deepEqual([key.id, key.remoteJid, key.participant, key.remoteJidAlt, key.fromMe], [id, jid, bert.jid, bert.lidJid, false])
  await until('the receipts', () => ['4915111111111', '4915133333333']
    .every(phone => bert.receipts.some(receipt => receipt.id === id && receipt.from === phone)))
  await until('the end of it', () => device.pendingCount === 0)
  assert.deepEqual([anna, cleo].map(({ inbox }) => inbox.map(each => [each.id, each.chat, each.text])), [[[id, bert.jid, 'to all']], [[id, bert.jid, 'to all']]])
  await assert.rejects(async () => anna.say(jid, 'mine too'), /nobody has/)
  assert.deepEqual(emulator.record.problems, [])
}))

test('what a person sends to a list of theirs shows at the companion as own message', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert, device } = await pair(emulator, client)
  const { jid } = anna.createList([bert])

  await anna.say(jid, 'to all of mine')

  const { key } = await until('the copy', () => host.received('to all of mine'))
  assert.deepEqual([key.remoteJid, key.participant, key.fromMe], [jid, anna.jid, true])
  await until('the end of it', () => device.pendingCount === 0)
  assert.deepEqual(emulator.record.problems, [])
}))
