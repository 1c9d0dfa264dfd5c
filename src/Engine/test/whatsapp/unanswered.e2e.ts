import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { proto } from 'baileys'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'
import { until } from '../testing/until.js'

/** How long the silo waits for the answer to a relay. */
const siloWaitsMs = 10_000
const n = 'n1'
const hello = Buffer.from(proto.Message.encode({ conversation: 'hello' }).finish()).toString('base64')
let lastPhone = 4915180000000

describe('A network that says nothing of a recipient', () => {
  let emulator: Emulator
  let host: EmulatedHost
  const [anna, bert, cleo] = [person(), person(), person()]

  function person() {
    return { phone: '', jid: '' }
  }

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    for (const [who, name] of [[anna, 'Anna'], [bert, 'Bert'], [cleo, 'Cleo']] as const) {
      Object.assign(who, await emulator.phone(`${++lastPhone}`, name))
    }
  })

  afterEach(async () => {
    await emulator.call('DELETE', '/faults')
    await host.stop()
  })

  after(() => emulator.stop())

  const start = async (queryTimeoutMs = 60_000) => {
    host = await EmulatedHost.start(emulator, { queryTimeoutMs })
    await host.pair(n, anna)
  }
  const silent = (query: string, about?: { phone: string }) =>
    emulator.call('POST', '/faults', { kind: 'query-silent', phone: anna.phone, query, count: 100, ...(about ? { about: about.phone } : {}) })
  const relay = (whatsAppId: string, { jid }: { jid: string }) => {
    host.silo.sent.set(whatsAppId, hello)
    return host.silo.ask('relay', { number: n, epoch: 1, whatsAppId, jid, prepared: hello })
  }
  const acknowledged = (whatsAppId: string) => host.silo.event('serverAcknowledged', n, (event) => event.whatsAppId === whatsAppId)
  const written = async () => (await emulator.call<{ sent: { id: string; times: number }[] }>('GET', '/record')).sent
    .filter(({ id }) => id.startsWith(anna.phone)).map(({ id, times }) => `${id.slice(anna.phone.length)} ${times}`)
  const isAnsweredLater = async (whatsAppId: string) => {
    await host.silo.event('closed', n, ({ code }) => code === 428)
    await emulator.call('DELETE', '/faults')
    await host.reopen(n)
    await until(async () => (await emulator.call<{ sent: { id: string; retries: number }[] }>('GET', '/record')).sent
      .some((sent) => sent.id === whatsAppId && sent.retries === 1), 'it was sent again')
  }
  const id = (name: string) => anna.phone + name
  const is = (error: string) => (fault: { data?: unknown; message?: string }) => {
    assert.deepEqual([fault.data, fault.message], [{ error }, 'The network did not answer in time.'])
    return true
  }

  for (const query of ['get usync usync', 'get encrypt key']) {
    test(`fails that message in time and no other (${query})`, async () => {
      await start()
      await silent(query, bert)
      const since = performance.now()
      const failed = assert.rejects(relay(id('BERT'), bert), is('notSent'))
      await relay(id('CLEO'), cleo)
      await acknowledged(id('CLEO'))
      assert.deepEqual(await written(), ['CLEO 1'], 'nobody waited for the other')
      await failed
      assert.ok(performance.now() - since < siloWaitsMs, 'the silo still waits')

      await emulator.call('DELETE', '/faults')
      await relay(id('BERT'), bert)
      await acknowledged(id('BERT'))
      assert.deepEqual(await written(), ['CLEO 1', 'BERT 1'])
      assert.equal(host.silo.eventsOf('closed', n).length, 1, 'the connection stays')
    })
  }

  test('fails a message in time when nothing is said of our own devices', async () => {
    await start()
    await silent('get usync usync', anna)
    const since = performance.now()
    await assert.rejects(relay(id('BERT'), bert), is('notSent'))
    assert.ok(performance.now() - since < siloWaitsMs, 'the silo still waits')
    await emulator.call('DELETE', '/faults')
    await relay(id('CLEO'), cleo)
    await acknowledged(id('CLEO'))
    assert.deepEqual(await written(), ['CLEO 1'])
  })

  test('is asked on the next connection what it did not say while a message was asked for again, and nobody else waits for that', async () => {
    await start()
    await relay(id('BERT'), bert)
    await host.silo.event('receiptReceived', n)
    await host.silo.ask('close', { number: n, epoch: 1 })
    await host.reopen(n)
    await silent('get usync usync', bert)
    await emulator.call('POST', `/accounts/${bert.phone}/ask-again`, { id: id('BERT') })
    await relay(id('CLEO'), cleo)
    await acknowledged(id('CLEO'))
    await isAnsweredLater(id('BERT'))
  })

  test('holds up the number for seconds, not for the minute that the library waits, while a message to a group is sent again', async () => {
    await start()
    const { jid } = await emulator.call<{ jid: string }>('POST', '/groups', { creator: bert.phone, subject: 'Crew', members: [anna.phone] })
    await relay(id('FIRST'), { jid })
    await acknowledged(id('FIRST'))
    await relay(id('BEFORE'), cleo)
    await silent('get usync usync', bert)
    await emulator.call('POST', `/accounts/${bert.phone}/forget-sessions`, { of: anna.phone })
    await relay(id('GROUP'), { jid })
    await acknowledged(id('GROUP'))
    const since = performance.now()
    await isAnsweredLater(id('GROUP'))
    assert.ok(performance.now() - since < 2 * siloWaitsMs, 'the number is held up')
    await relay(id('CLEO'), cleo)
    await acknowledged(id('CLEO'))
  })

  test('and refuses what the library asks while it sends a message again, is asked for it on the next connection', async () => {
    await start()
    await relay(id('BERT'), bert)
    await host.silo.event('receiptReceived', n)
    await emulator.call('POST', '/faults', { kind: 'query-error', phone: anna.phone, query: 'get encrypt key', code: 503 })
    await emulator.call('POST', `/accounts/${bert.phone}/ask-again`, { id: id('BERT') })
    await isAnsweredLater(id('BERT'))
  })

  test('has the first message wait for new sessions, and no other one while there are old ones', async () => {
    await start()
    await relay(id('FIRST'), bert)
    await acknowledged(id('FIRST'))
    await host.silo.ask('close', { number: n, epoch: 1 })
    await host.reopen(n)
    await silent('get encrypt key')
    await relay(id('SECOND'), bert)
    const since = performance.now()
    await relay(id('THIRD'), bert)
    assert.ok(performance.now() - since < 3_500, 'it waited as long as the one before')
    for (const name of ['SECOND', 'THIRD']) {
      assert.equal((await acknowledged(id(name))).error, undefined)
    }
  })

  test('is not taken for somebody who is not there', async () => {
    await start(3_000)
    await silent('get usync usync')
    await assert.rejects(host.silo.ask('resolve', { number: n, epoch: 1, phone: bert.phone }), is('unavailable'))
    await assert.rejects(host.send(n, id('BERT'), bert.jid, 'hello'), is('unavailable'))
    assert.deepEqual(await written(), [])
  })
})
