import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withEmulator } from '../testing/client.js'

async function pair(emulator, client) {
  const [anna, bert, carla] = ['Anna', 'Bert', 'Carla'].map((name, index) => emulator.addPhone({ phone: `491511111111${index}`, name }))
  const host = client()
  const device = await host.pairWith(anna)
  return { anna, bert, carla, host, device }
}

test('members of a group write, and everybody can read it', () => withEmulator(async (emulator, client) => {
  const { anna, bert, carla, host } = await pair(emulator, client)
  const group = bert.createGroup('Lunch', [anna, carla])

  await bert.say(group.jid, 'who comes?')
  const first = await until('the message', () => host.received('who comes?'))
  await bert.say(group.jid, 'nobody?')
  await until('the second message, with the key of the first', () => host.received('nobody?'))
  const sent = await host.socket.sendMessage(group.jid, { text: 'me' })
  await host.socket.sendMessage(group.jid, { text: 'at noon' })

  assert.deepEqual([first.key.remoteJid, first.key.participant, first.key.participantAlt], [group.jid, bert.lidJid, bert.jid])
  for (const phone of [bert, carla, anna]) {
    await until('both answers', () => phone.inbox.filter(each => each.from === anna.account.phone && each.chat === group.jid).length === 2)
  }
  await until('the receipts of the other members', () => host.receiversOf(sent.key.id).size === 2)
  assert.deepEqual(host.receiversOf(sent.key.id), new Set([bert.lidJid, carla.lidJid]))
  assert.deepEqual(emulator.record.problems, [])
}))

test('a companion makes a group, and sees its groups', () => withEmulator(async (emulator, client) => {
  const { anna, bert, host } = await pair(emulator, client)

  const made = await host.socket.groupCreate('Plans', [bert.jid])
  const all = await host.socket.groupFetchAllParticipating()

  assert.equal(all[made.id].subject, 'Plans')
  assert.deepEqual(all[made.id].participants.map(each => each.phoneNumber), [anna.jid, bert.jid])
  assert.deepEqual(emulator.record.problems, [])
}))

test('who is added reads what comes next, and a stranger may not write', () => withEmulator(async (emulator, client) => {
  const { anna, bert, carla, host, device } = await pair(emulator, client)
  const group = bert.createGroup('Club', [anna])
  await host.socket.sendMessage(group.jid, { text: 'before' })
  await until('the message', () => bert.inbox.some(each => each.text === 'before'))

  emulator.groups.change(group, bert.account, 'add', [carla.account])
  await host.wait('group-participants.update', update => update.id === group.jid && update.action === 'add')
  await host.socket.sendMessage(group.jid, { text: 'welcome' })
  await until('the welcome', () => carla.inbox.some(each => each.text === 'welcome'))
  assert.deepEqual(emulator.record.problems, [])

  emulator.groups.change(group, bert.account, 'remove', [anna.account])
  await until('the news', () => device.pendingCount === 0)
  assert.throws(() => anna.say(group.jid, 'still here'), /no member/)
}))

test('a companion knows who the administrators are, and what phones take back in a group', () => withEmulator(async (emulator, client) => {
  const { anna, bert, carla, host } = await pair(emulator, client)
  const group = bert.createGroup('Club', [anna, carla])
  const admins = async () => (await host.socket.groupMetadata(group.jid)).participants.filter(each => each.admin).map(each => [each.phoneNumber, each.admin])
  assert.deepEqual(await admins(), [[bert.jid, 'superadmin']])

  emulator.groups.change(group, bert.account, 'promote', [carla.account])
  await host.wait('group-participants.update', update => update.id === group.jid && update.action === 'promote')
  assert.deepEqual(await admins(), [[bert.jid, 'superadmin'], [carla.jid, 'admin']])
  const id = await bert.say(group.jid, 'by bert')
  await carla.revoke(group.jid, id, { author: bert.lidJid })
  await until('the revoke', () => anna.inbox.some(each => each.message.protocolMessage?.key.participant === bert.lidJid))

  emulator.groups.change(group, bert.account, 'demote', [carla.account])
  await host.wait('group-participants.update', update => update.id === group.jid && update.action === 'demote')
  assert.deepEqual(await admins(), [[bert.jid, 'superadmin']])
  assert.deepEqual(emulator.record.problems, [])
}))

test('a companion that cannot read a group message asks again', () => withEmulator(async (emulator, client) => {
  const { anna, bert, host } = await pair(emulator, client)
  const group = bert.createGroup('Club', [anna])
  await bert.say(group.jid, 'first')
  await until('the first message', () => host.received('first'))
  host.forgetSessions()

  await bert.say(group.jid, 'second')

  await until('the second message', () => host.received('second'))
  assert.deepEqual(emulator.record.problems, [])
}))

test('what a companion cannot read of a group it asks for, and can read then', () => withEmulator(async (emulator, client) => {
  const { anna, bert, host } = await pair(emulator, client)
  const group = bert.createGroup('Club', [anna])
  bert.garbles = 1

  const id = await bert.say(group.jid, 'hello')

  await until('the message', () => host.received('hello'))
  assert.equal(emulator.record.messages.delivered.find(each => each.id === id).times, 2)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a phone that lost a group key asks again, and gets the message', () => withEmulator(async (emulator, client) => {
  const { anna, bert, host } = await pair(emulator, client)
  const group = bert.createGroup('Club', [anna])
  await host.socket.sendMessage(group.jid, { text: 'first' })
  await until('the first message', () => bert.inbox.length === 1)
  bert.forgetSessions(anna.account)

  const sent = await host.socket.sendMessage(group.jid, { text: 'second' })

  await until('the second message', () => bert.inbox.some(each => each.text === 'second'))
  const record = emulator.record.messages.sent.find(each => each.id === sent.key.id)
  assert.deepEqual([record.times, record.retries], [1, 1])
  assert.deepEqual(emulator.record.problems, [])
}))

test('in a group the author learns who read, and so do the companions of the reader', () => withEmulator(async (emulator, client) => {
  const { anna, bert, host } = await pair(emulator, client)
  const group = bert.createGroup('Club', [anna])
  const asked = await bert.say(group.jid, 'who comes?')
  const { key } = await until('the message', () => host.received('who comes?'))
  await host.socket.readMessages([key])
  const sent = await host.socket.sendMessage(group.jid, { text: 'me' })
  await until('the answer', () => bert.inbox.length === 1)
  bert.read(group.jid, [sent.key.id], anna.lidJid)

  const seen = await until('the read receipt at the author', () => bert.receipts.find(each => each.type === 'read'))
  assert.deepEqual([seen.id, seen.chat, seen.from], [asked, group.jid, anna.account.phone])
  await until('the read receipt at the companion', () => host.readersOf(sent.key.id).has(bert.lidJid))
  assert.deepEqual(emulator.record.problems, [])
}))

test('who is in no such group is told so, and nothing is wrong with asking', () => withEmulator(async (emulator, client) => {
  const { anna, bert, host, device } = await pair(emulator, client)
  const group = bert.createGroup('Club', [anna])
  emulator.groups.change(group, bert.account, 'remove', [anna.account])
  await until('the news', () => device.pendingCount === 0)

  await assert.rejects(host.socket.groupMetadata(group.jid), { message: 'forbidden', data: 403 })
  await assert.rejects(host.socket.groupMetadata('120363000000000001@g.us'), { message: 'item-not-found', data: 404 })
  assert.deepEqual(emulator.record.problems, [])
}))

test('who has left must not have the key of what is written from then on', () => withEmulator(async (emulator, client) => {
  const { anna, bert, carla, host, device } = await pair(emulator, client)
  const group = bert.createGroup('Club', [anna, carla])
  await host.socket.sendMessage(group.jid, { text: 'all of us' })
  await until('the key', () => carla.inbox.length === 1)
  emulator.groups.change(group, bert.account, 'remove', [carla.account])
  await until('the news', () => device.pendingCount === 0)

  await host.socket.sendMessage(group.jid, { text: 'two of us' })

  await until('the problem', () => emulator.record.problems.length > 0)
  assert.deepEqual(emulator.record.problems.map(each => each.what.split(':')[0]), ['a message that somebody who left the group has the key for'])
}))
