import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withEmulator } from '../testing/client.js'

const DELIVERED = 3
const READ = 4

async function pair(emulator, client, settings) {
  const host = client(settings)
  const anna = emulator.addPhone({ phone: '4915111111111', name: 'Anna' })
  const bert = emulator.addPhone({ phone: '4915122222222', name: 'Bert' })
  const device = await host.pairWith(anna)
  return { host, anna, bert, device }
}

const receiptOf = (emulator, id) => emulator.record.messages.delivered.find(each => each.id === id)?.receiptedAt

test('a person writes to a companion, and learns that it arrived', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)

  const first = await bert.say(anna.jid, 'hello')
  const message = await until('the message', () => host.received('hello'))
  await bert.say(anna.jid, 'and again')
  await until('the second message', () => host.received('and again'))

  assert.deepEqual([message.key.id, message.key.remoteJid, message.key.fromMe, message.pushName], [first, bert.jid, false, 'Bert'])
  assert.equal(message.key.remoteJidAlt, bert.lidJid)
  await until('the receipt', () => receiptOf(emulator, first))
  await until("the phone's copy", () => anna.inbox.find(each => each.id === first))
  await until("the receipt at the author's phone", () => bert.receipts.find(each => each.id === first && each.type === 'delivered'))
  assert.deepEqual(emulator.record.problems, [])
}))

test('a companion writes to a person, whose phone reads and whose account knows it', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert, device } = await pair(emulator, client)

  const sent = await host.socket.sendMessage(bert.jid, { text: 'good day' })
  const arrived = await until('the message at the phone', () => bert.inbox.find(each => each.text === 'good day'))
  await until('the delivery receipt', () => host.statusOf(sent.key.id) >= DELIVERED)
  bert.read(device.jid, [sent.key.id])
  await until('the read receipt', () => host.statusOf(sent.key.id) >= READ)

  assert.deepEqual([arrived.id, arrived.from, arrived.chat, arrived.fromMe], [sent.key.id, anna.account.phone, anna.jid, false])
  const copy = await until('the copy at the own phone', () => anna.inbox.find(each => each.id === sent.key.id))
  assert.deepEqual([copy.chat, copy.fromMe, copy.text], [bert.jid, true, 'good day'])
  assert.equal(host.stanzas.filter(node => node.attrs.id === sent.key.id && !node.attrs.error).length, 1)
  const [record] = emulator.record.messages.sent
  assert.deepEqual([record.id, record.from, record.to, record.times], [sent.key.id, device.jid, bert.jid, 1])
  assert.deepEqual(emulator.record.problems, [])
}))

test('a companion reads, and the author and the own phone learn of it', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  const id = await bert.say(anna.jid, 'seen?')
  const message = await until('the message', () => host.received('seen?'))

  await host.socket.readMessages([message.key])

  const seen = await until("the read receipt at the author's phone", () => bert.receipts.find(each => each.type === 'read'))
  assert.deepEqual([seen.id, seen.chat, seen.from], [id, anna.jid, anna.account.phone])
  const known = await until('the same at the own phone', () => anna.receipts.find(each => each.type === 'read'))
  assert.deepEqual([known.id, known.chat, known.from], [id, bert.jid, anna.account.phone])
  assert.deepEqual(emulator.record.problems, [])
}))

test('a phone reads, and its companion learns of it', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  const id = await bert.say(anna.jid, 'seen?')
  await until('the message', () => host.received('seen?'))

  anna.read(bert.jid, [id])

  await until('the read receipt', () => host.statusOf(id) >= READ)
  assert.deepEqual(emulator.record.problems, [])
}))

test('two companions write to each other, both ways', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  const other = client()
  await other.pairWith(bert)

  await host.socket.sendMessage(bert.jid, { text: 'ping' })
  await until('ping', () => other.received('ping'))
  await other.socket.sendMessage(anna.jid, { text: 'pong' })
  await until('pong', () => host.received('pong'))
  await host.socket.sendMessage(bert.jid, { text: 'once more' })
  await until('once more', () => other.received('once more'))

  assert.deepEqual(emulator.record.problems, [])
}))

test('what a person wrote from the phone shows at the companion as own message', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)

  await anna.say(bert.jid, 'from my phone')
  const message = await until('the copy', () => host.received('from my phone'))

  assert.deepEqual([message.key.fromMe, message.key.remoteJid], [true, bert.jid])
  await until('the message', () => bert.inbox.find(each => each.text === 'from my phone'))
  assert.deepEqual(emulator.record.problems, [])
}))

test('what arrives while a companion is away comes at the next login, in order, and only once', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert, device } = await pair(emulator, client)
  host.close()
  await until('the connection to end', () => !device.connection)
  for (let number = 1; number <= 120; number++) await bert.say(anna.jid, `message ${number}`)

  await host.open()
  await until('the last message', () => host.received('message 120'))
  await until('every receipt', () => device.pendingCount === 0)
  assert.deepEqual(host.texts, Array.from({ length: 120 }, (_, index) => `message ${index + 1}`))

  await host.open()
  await bert.say(anna.jid, 'live')
  await until('the live message', () => host.received('live'))
  assert.equal(host.texts.length, 121)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a message is delivered again until its receipt came', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert, device } = await pair(emulator, client)
  host.socket.ws.removeAllListeners('CB:message')
  const id = await bert.say(anna.jid, 'unread')
  await until('the first delivery', () => emulator.record.messages.delivered.some(each => each.id === id))
  assert.equal(host.received('unread'), undefined)

  await host.open()

  await until('the message', () => host.received('unread'))
  await until('its receipt', () => device.pendingCount === 0)
  assert.equal(emulator.record.messages.delivered.find(each => each.id === id).times, 2)
}))

test('prekeys that run low are filled up', () => withEmulator(async (emulator, client) => {
  const { host, device } = await pair(emulator, client)
  await until('the first prekeys', () => device.preKeys.size > 800)
  while (device.preKeys.size > 5) device.takeBundle()

  device.takeBundle()

  await until('new prekeys', () => device.preKeys.size > 4)
  await until('the confirmation', () => device.pendingCount === 0)
  assert.ok(host.socket)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a phone that is written in several ways has one address', () => withEmulator(async (emulator, client) => {
  const { host } = await pair(emulator, client)
  const clara = emulator.addPhone({ phone: '5511987654321', otherForms: ['551187654321'] })

  for (const phone of ['5511987654321', '+551187654321']) {
    const [found] = await host.socket.onWhatsApp(phone)
    assert.deepEqual([found.exists, found.jid], [true, clara.jid])
  }
  assert.equal(emulator.accounts.find('551187654321@s.whatsapp.net'), undefined)
  assert.throws(() => emulator.addPhone({ phone: '551187654321' }), /exists already/)
  assert.throws(() => emulator.addPhone({ phone: '551187654322', otherForms: ['me'] }), /5 to 15 digits/)
  assert.deepEqual(emulator.record.problems, [])
}))
