import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planFault } from '../src/plan-fault.js'
import { until, withEmulator } from '../testing/client.js'

async function pair(emulator, client, settings) {
  const host = client(settings)
  const anna = emulator.addPhone({ phone: '4915111111111' })
  const bert = emulator.addPhone({ phone: '4915122222222' })
  const device = await host.pairWith(anna)
  return { host, anna, bert, device }
}

const acksOf = (host, id) => host.stanzas.filter(node => node.attrs.id === id)

test('an ack is lost, and the message arrives all the same', () => withEmulator(async (emulator, client) => {
  const { host, bert } = await pair(emulator, client)
  planFault(emulator, { kind: 'ack-lost', phone: '4915111111111' })

  const first = await host.socket.sendMessage(bert.jid, { text: 'one' })
  const second = await host.socket.sendMessage(bert.jid, { text: 'two' })
  await until('the second ack', () => acksOf(host, second.key.id).length === 1)

  assert.equal(acksOf(host, first.key.id).length, 0)
  await until('both messages', () => bert.inbox.length === 2)
}))

test('an ack is late, doubled, or lost together with its message', () => withEmulator(async (emulator, client) => {
  const { host, bert } = await pair(emulator, client)
  planFault(emulator, { kind: 'ack-late', ms: 50 })
  planFault(emulator, { kind: 'ack-double' })
  planFault(emulator, { kind: 'ack-lost', delivered: false })

  const ids = {}
  for (const text of ['late', 'double', 'lost', 'good']) ids[text] = (await host.socket.sendMessage(bert.jid, { text })).key.id

  await until('the late ack', () => acksOf(host, ids.late).length === 1)
  assert.equal(acksOf(host, ids.double).length, 2)
  await until('the last message', () => bert.inbox.some(each => each.text === 'good'))
  assert.deepEqual(bert.inbox.map(each => each.text), ['late', 'double', 'good'])
  assert.ok(host.stanzas.findIndex(node => node.attrs.id === ids.late) > host.stanzas.findIndex(node => node.attrs.id === ids.good))
}))

test('an ack of what is written to one person is held until it is released', () => withEmulator(async (emulator, client) => {
  const { host, bert } = await pair(emulator, client)
  const carla = emulator.addPhone({ phone: '4915133333333' })
  planFault(emulator, { kind: 'ack-held', about: '4915122222222' })

  const other = await host.socket.sendMessage(carla.jid, { text: 'other' })
  const held = await host.socket.sendMessage(bert.jid, { text: 'held' })
  const next = await host.socket.sendMessage(bert.jid, { text: 'next' })
  await until('the other acks', () => acksOf(host, other.key.id).length + acksOf(host, next.key.id).length === 2)
  assert.equal(acksOf(host, held.key.id).length, 0)

  planFault(emulator, { kind: 'release' })
  await until('the ack', () => acksOf(host, held.key.id).length === 1)
}))

for (const code of [463, 479]) {
  test(`the server refuses a message with ${code}`, () => withEmulator(async (emulator, client) => {
    const { host, bert } = await pair(emulator, client)
    planFault(emulator, { kind: 'ack-error', code })

    const { key } = await host.socket.sendMessage(bert.jid, { text: 'no' })

    await until('the refusal', () => acksOf(host, key.id)[0]?.attrs.error === String(code))
    assert.deepEqual(bert.inbox, [])
    assert.deepEqual(emulator.record.problems, [])
  }))
}

for (const swallow of [true, false]) {
  test(`a message id that comes twice is ${swallow ? 'delivered once' : 'delivered twice'}`, () => withEmulator(async (emulator, client) => {
    const { host, bert } = await pair(emulator, client)
    planFault(emulator, { kind: 'swallow-repeats', on: swallow })

    await host.socket.sendMessage(bert.jid, { text: 'twice' }, { messageId: 'TWICE' })
    await host.socket.sendMessage(bert.jid, { text: 'twice' }, { messageId: 'TWICE' })
    await host.socket.sendMessage(bert.jid, { text: 'end' })
    await until('the end', () => bert.inbox.some(each => each.text === 'end'))

    assert.equal(bert.inbox.filter(each => each.id === 'TWICE').length, swallow ? 1 : 2)
    assert.equal(emulator.record.messages.sent.find(each => each.id === 'TWICE').times, 2)
  }))
}

test('a connection ends with the code that was asked for', () => withEmulator(async (emulator, client) => {
  const { host } = await pair(emulator, client)
  const faults = [
    [{ kind: 'drop' }, 428],
    [{ kind: 'replaced' }, 440],
    [{ kind: 'downgrade' }, 411],
    [{ kind: 'stream-error', code: 503 }, 503],
    [{ kind: 'stream-error', code: 500 }, 500],
    [{ kind: 'stream-error', code: 515 }, 515]
  ]
  for (const [fault, code] of faults) {
    const from = host.events.length
    planFault(emulator, fault)
    assert.equal(await host.closed(from), code)
    await host.open()
  }
  assert.deepEqual(emulator.record.problems, [])
}))

test('a login is refused with the reason that was asked for', () => withEmulator(async (emulator, client) => {
  const { host, device } = await pair(emulator, client, { version: [2, 3000, 1035194821] })
  for (const code of [401, 402, 403, 405, 406, 500, 503]) {
    planFault(emulator, { kind: 'login-failure', phone: '4915111111111', code, attrs: code === 402 ? { expire: 60 } : undefined })
    const from = host.events.length
    host.connect()
    assert.equal(await host.closed(from), code)
  }
  await host.open()
  const logIns = emulator.record.logIns.map(each => each.refused)
  assert.deepEqual(logIns, [null, 401, 402, 403, 405, 406, 500, 503, null])
  assert.deepEqual(new Set(emulator.record.logIns.map(({ device, version }) => `${device} ${version}`)), new Set([`${device.jid} 2.3000.1035194821`]))
}))

test('a second connection with the same credentials replaces the first', () => withEmulator(async (emulator, client) => {
  const { host } = await pair(emulator, client)
  const twin = client()
  twin.creds = host.creds
  const from = host.events.length

  twin.connect()

  assert.equal(await host.closed(from), 440)
  const [before, after] = emulator.record.connections.slice(-2)
  assert.deepEqual([before.end, after.device, after.end], ['replaced', before.device, null])
}))

test('a frozen connection looks open, passes nothing, and is given up by the client', () => withEmulator(async (emulator, client) => {
  const { host, bert } = await pair(emulator, client, { keepAliveIntervalMs: 200 })
  const from = host.events.length
  planFault(emulator, { kind: 'freeze', phone: '4915111111111' })

  const sending = host.socket.sendMessage(bert.jid, { text: 'into the void' }).catch(() => {})
  await until('the client to give up', () => host.socket.ws.isClosing)
  planFault(emulator, { kind: 'drop', phone: '4915111111111' })    // or its closing would wait half a minute for the other side

  assert.equal(await host.closed(from), 408)
  await sending
  assert.deepEqual([bert.inbox, emulator.record.messages.sent], [[], []])
}))

test('a query is refused once, and answered the next time', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  planFault(emulator, { kind: 'query-error', phone: anna.account.phone, query: 'get usync usync', code: 500 })
  assert.throws(() => planFault(emulator, { kind: 'query-error', code: 500 }), /query/)

  await assert.rejects(host.socket.sendMessage(bert.jid, { text: 'first' }), { data: 500 })
  await host.socket.sendMessage(bert.jid, { text: 'second' })

  await until('the second message', () => bert.inbox.some(each => each.text === 'second'))
  assert.deepEqual(bert.inbox.map(each => each.text), ['second'])
  assert.deepEqual(emulator.record.problems, [])
}))

test('a device is told nothing before it was said to be active', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client, { defaultQueryTimeoutMs: 500 })
  for (const [kind, code] of [['query-error', 503], ['query-silent']]) {
    host.close()
    await bert.say(anna.jid, kind)
    planFault(emulator, { kind, phone: anna.account.phone, query: 'set passive active', code })
    const from = host.events.length
    host.connect()
    await host.wait('connection.update', update => update.connection === 'open', from)
    await until('the network answers it', async () => (await host.socket.onWhatsApp(bert.account.phone))[0].exists)
    assert.equal(host.received(kind), undefined)

    await host.open()
    await until('what waited', () => host.received(kind))
  }
  assert.deepEqual(emulator.record.problems, [])
}))

test('a line goes dead while a query is under way', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  planFault(emulator, { kind: 'query-drop', phone: anna.account.phone, query: 'get usync usync' })
  assert.throws(() => planFault(emulator, { kind: 'query-drop' }), /query/)
  const from = host.events.length

  await assert.rejects(host.socket.sendMessage(bert.jid, { text: 'first' }))

  assert.equal(await host.closed(from), 428)
  await host.open()
  await host.socket.sendMessage(bert.jid, { text: 'second' })
  await until('the second message', () => bert.inbox.some(each => each.text === 'second'))
}))

test('a query about one person is never answered, and one about another is', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  const cleo = emulator.addPhone({ phone: '4915133333333' })
  planFault(emulator, { kind: 'query-silent', phone: anna.account.phone, query: 'get usync usync', about: bert.account.phone })
  assert.throws(() => planFault(emulator, { kind: 'query-silent' }), /query/)

  const silent = host.socket.getUSyncDevices([bert.jid], true, false)
  assert.deepEqual((await host.socket.getUSyncDevices([cleo.jid], true, false)).map(({ device }) => device), [0])
  assert.deepEqual((await host.socket.getUSyncDevices([bert.jid], true, false)).map(({ device }) => device), [0])
  planFault(emulator, { kind: 'drop', phone: anna.account.phone })
  await assert.rejects(silent)
  assert.deepEqual(emulator.record.problems, [])
}))

test('the keys of one device are refused, or left out of the answer, and those of others are given', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  const keysOf = async (...people) => {
    const users = people.map(({ lidJid }) => ({ tag: 'user', attrs: { jid: lidJid } }))
    const { content: [list] } = await host.socket.query({
      tag: 'iq', attrs: { xmlns: 'encrypt', type: 'get', to: '@s.whatsapp.net' }, content: [{ tag: 'key', attrs: {}, content: users }]
    })
    return list.content.map(({ attrs, content }) => [attrs.jid, content[0].tag, content[0].attrs.code])
  }
  planFault(emulator, { kind: 'keys-refused', about: bert.lidJid, code: 406 })
  planFault(emulator, { kind: 'keys-omitted', about: bert.jid })
  assert.throws(() => planFault(emulator, { kind: 'keys-refused', about: '4915122222222:9@s.whatsapp.net', code: 406 }), /about/)

  const given = person => [person.lidJid, 'registration', undefined]
  assert.deepEqual(await keysOf(anna, bert), [given(anna), [bert.lidJid, 'error', '406']])
  assert.deepEqual(await keysOf(anna, bert), [given(anna)])
  assert.deepEqual(await keysOf(anna, bert), [given(anna), given(bert)])
  assert.deepEqual(emulator.record.problems, [])
}))

test('a log-in hears that its groups are out of date, and asks for them', () => withEmulator(async (emulator, client) => {
  const { host, anna, bert } = await pair(emulator, client)
  const group = bert.createGroup('Crew', [anna])
  planFault(emulator, { kind: 'dirty', phone: anna.account.phone })
  const from = host.events.length

  await host.open()

  const updates = await host.wait('groups.update', each => each.length > 0, from)
  assert.deepEqual(updates.map(each => [each.id, each.subject]), [[group.jid, 'Crew']])
  assert.deepEqual(emulator.record.problems, [])
}))
