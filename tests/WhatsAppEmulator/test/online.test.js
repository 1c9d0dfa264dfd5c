import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stanza } from '../src/stanza.js'
import { until, withEmulator } from '../testing/client.js'

test('a companion counts as online from its word that it is, or one without a type, until its word that it is not', () => withEmulator(async (emulator, client) => {
  const host = client()
  const anna = emulator.addPhone({ phone: '4915111111111', name: 'Anna' })
  const jid = await host.pairWith(anna).then(device => device.jid)
  const [device] = anna.account.companions
  assert.equal(typeof device.connection.isAvailable, 'boolean')
  host.close()    // the library says such things by itself
  await until('the end of it', () => !device.connection)
  const before = emulator.record.online.length
  const connection = { device, isAvailable: false }
  const say = attrs => emulator.router.presence(connection, stanza('presence', attrs))

  for (const type of ['available', undefined]) {
    say({ name: `Anna ${type}`, type })
    assert.deepEqual([connection.isAvailable, device.saidName], [true, `Anna ${type}`])
    say({ type: 'unavailable' })
    assert.deepEqual([connection.isAvailable, device.saidName], [false, `Anna ${type}`], 'a word without a name leaves it')
  }
  say({ type: 'subscribe', to: anna.jid })
  assert.equal(connection.isAvailable, false)
  assert.deepEqual(emulator.record.online.slice(before).map(each => [each.device, each.name]), [[jid, 'Anna available'], [jid, 'Anna undefined']])
  assert.deepEqual(emulator.record.problems, [])
}))

test('whoever is no business tells their name only afterwards, and a new one whenever there is one', () => withEmulator(async (emulator, client) => {
  const host = client()
  const anna = emulator.addPhone({ phone: '4915111111111', name: 'Anna', isBusiness: false })
  await host.pairWith(anna)
  assert.equal(host.seen('creds.update', update => update.account).me.name, undefined)
  await until('the name that came with the first message', () => host.creds.me.name === 'Anna')
  await until('all that has the old name in it', () => anna.account.companions[0].pendingCount === 0)
  await anna.rename('Anna B.')
  await until('the new name', () => host.creds.me.name === 'Anna B.')
  assert.deepEqual(emulator.record.problems, [])
}))

test('a companion whose one-time keys run low uploads new ones', () => withEmulator(async (emulator, client) => {
  const host = client()
  const anna = emulator.addPhone({ phone: '4915111111111', name: 'Anna' })
  await host.pairWith(anna)
  const [companion] = anna.account.companions
  await until('its keys', () => companion.preKeys.size > 100)
  companion.runLow()
  assert.equal(companion.preKeys.size, 1)
  await until('new keys', () => companion.preKeys.size > 1)
  assert.deepEqual(emulator.record.problems, [])
}))

test('a message that cannot be read when it comes again either is asked for twice', () => withEmulator(async (emulator, client) => {
  const host = client()
  const anna = emulator.addPhone({ phone: '4915111111111', name: 'Anna' })
  const bert = emulator.addPhone({ phone: '4915122222222', name: 'Bert' })
  await host.pairWith(anna)
  Object.assign(bert, { garbles: 1, garblesAgain: 1 })
  const id = await bert.say(anna.jid, 'hello')
  await until('the text', () => host.received('hello'))
  assert.deepEqual(emulator.record.messages.delivered.filter(each => each.id === id).map(each => each.asked), [2])
  assert.deepEqual(emulator.record.problems, [])
}))
