import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import type { InboundMessage } from '#engine/rpc/contract.js'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'
import { until } from '../testing/until.js'

/** Anna's phone tells all it has as files; Bert's number is in the same host. */
describe('What a phone tells in files', () => {
  let emulator: Emulator
  let host: EmulatedHost
  let anna: { phone: string; jid: string }
  let bert: { phone: string; jid: string }
  let lastPhone = 4915180000000

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    host = await EmulatedHost.start(emulator)
    anna = await emulator.phone(`${++lastPhone}`, 'Anna')
    bert = await emulator.phone(`${++lastPhone}`, 'Bert')
    const messages = Array.from({ length: 8 }, (_, index) => ({ id: `H${index}`, text: `old ${index}`, at: `2026-01-01T10:0${index}:00.000Z` }))
    await emulator.call('POST', `/accounts/${anna.phone}/history`, { chat: bert.phone, name: 'Bert', messages, bootstrap: 3 })
    await emulator.call('POST', `/accounts/${anna.phone}/inline`, { upTo: 0 })
    await emulator.call('POST', `/accounts/${anna.phone}/contacts`, { of: bert.phone, name: 'Bert Book' })
    await host.pair('n2', bert)
  })

  afterEach(async () => {
    await emulator.call('DELETE', '/faults')
    // Whatever a number met, the other one was not touched by it.
    assert.deepEqual(host.silo.eventsOf('closed', 'n2').map(({ code }) => code), [515])
    assert.equal(await host.answers('n2', anna.phone), true)
    await host.stop()
  })

  after(() => emulator.stop())

  const fault = (kind: string, more: object) => emulator.call('POST', '/faults', { kind, phone: anna.phone, ...more })
  const history = () => host.silo.eventsOf('historyReceived', 'n1')
  const told = () => history().flatMap((event) => event.messages).map(({ text }) => text).sort()
  const end = () => host.silo.event('historyReceived', 'n1', ({ request, done }) => request === undefined && done)
  const names = () => host.silo.eventsOf('named', 'n1').flatMap(({ name, saved }) => (saved ? [name] : []))
  const asked = async (kind: string) =>
    (await emulator.call<{ kind: string }[]>('GET', '/files-asked')).filter((file) => file.kind === kind).length
  const askFor = async (request: string) => {
    const { whatsAppId, fromMe, jid, timestamp } = history().flatMap((event) => event.messages).find(({ text }) => text === 'old 5') as InboundMessage
    await host.silo.ask('requestHistory', { number: 'n1', epoch: 1, request, jid, oldest: { whatsAppId, fromMe }, oldestAt: timestamp, count: 50 })
    return await host.silo.event('historyReceived', 'n1', (event) => event.request === request)
  }
  /** Asks for what is older than the first message that came by itself. */
  const askBeforeFirst = async (request: string) => {
    const { jid, whatsAppId, timestamp } = host.silo.eventsOf('messageReceived', 'n1')[0]?.message as InboundMessage
    await host.silo.ask('requestHistory', { number: 'n1', epoch: 1, request, jid, oldest: { whatsAppId, fromMe: false }, oldestAt: timestamp, count: 50 })
    return await host.silo.event('historyReceived', 'n1', (event) => event.request === request && event.done)
  }

  test('arrives: its history by itself and on demand, its address book at once and when it changes', async () => {
    await host.pair('n1', anna)
    await end()
    assert.deepEqual(told(), ['old 5', 'old 6', 'old 7'])
    assert.deepEqual((await askFor('r1')).messages.map(({ text }) => text).sort(), ['old 0', 'old 1', 'old 2', 'old 3', 'old 4'])
    await until(() => names().includes('Bert Book'), 'the name of the snapshot was told')
    await emulator.call('POST', `/accounts/${anna.phone}/contacts`, { of: bert.phone, name: 'Bert Patch' })
    await until(() => names().includes('Bert Patch'), 'the name of the patch was told')
    assert.deepEqual([history().some(({ failed }) => failed), host.silo.eventsOf('closed', 'n1').length], [false, 1])
  })

  test('is fetched once more where it breaks off, stands still or is refused', async () => {
    const before = [await asked('md-msg-hist'), await asked('md-app-state')] as const
    await fault('file-cut', { file: 'history', after: 20 })
    await fault('file-stalled', { file: 'history', after: 20 })
    await fault('file-refused', { file: 'app-state', code: 503 })
    await host.pair('n1', anna)
    assert.equal((await end()).failed, undefined)
    assert.deepEqual(told(), ['old 5', 'old 6', 'old 7'])
    await until(() => names().includes('Bert Book'), 'the name was told')
    await until(async () => await asked('md-msg-hist') - before[0] === 5, 'the history came as three files')
    assert.equal(await asked('md-app-state') - before[1], 2)
    assert.equal(host.silo.eventsOf('closed', 'n1').length, 1)
  })

  test('and that cannot be had is said to be missing, is left after three tries, and is had when it is asked for again', async () => {
    await fault('file-cut', { file: 'history', count: 3 })
    await host.pair('n1', anna)
    assert.deepEqual([(await end()).failed, told()], ['lost', []])
    await emulator.call('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text: 'hello there' })
    await host.silo.event('messageReceived', 'n1', ({ message }) => message.text === 'hello there')
    assert.equal(host.silo.eventsOf('closed', 'n1').length, 1)

    await fault('file-refused', { file: 'history', code: 404 })
    assert.deepEqual(await askBeforeFirst('r1'), { type: 'historyReceived', messages: [], request: 'r1', done: true, failed: 'lost' })
    assert.equal((await askBeforeFirst('r2')).messages.length, 8)
  })

  test('and that comes whole without being readable is said to be missing, by itself and on demand, in a file and in a message', async () => {
    await fault('history-spoilt', {})
    await host.pair('n1', anna)
    assert.deepEqual([(await end()).failed, told()], ['lost', []])
    await emulator.call('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text: 'hello there' })
    await host.silo.event('messageReceived', 'n1', ({ message }) => message.text === 'hello there')
    for (const upTo of [0, 100_000]) {
      await emulator.call('POST', `/accounts/${anna.phone}/inline`, { upTo })
      await fault('history-spoilt', {})
      assert.deepEqual(await askBeforeFirst(`spoilt ${upTo}`), { type: 'historyReceived', messages: [], request: `spoilt ${upTo}`, done: true, failed: 'lost' })
      assert.equal((await askBeforeFirst(`good ${upTo}`)).failed, undefined)
    }
    assert.equal(told().length, 8)
    assert.equal(host.silo.eventsOf('closed', 'n1').length, 1)
  })

  test('is told whole, and its end last, although the address book cannot be had meanwhile and parts of it overtake each other', async () => {
    // The first part is asked for again after a second. The next ones do not wait for it, since its message failed.
    await fault('file-cut', { file: 'history', after: 20 })
    await fault('query-error', { query: 'set w:sync:app:state sync', code: 500 })
    await host.pair('n1', anna)
    assert.equal((await end()).failed, undefined)
    assert.deepEqual(told(), ['old 5', 'old 6', 'old 7'])
    assert.ok(host.silo.logs.some(({ message }) => message === 'error in handling message'), 'the message with the history failed')
    assert.deepEqual(history().filter(({ percent }) => percent === 100), [], 'its last part came before another one')
  })

  test('is not looked at, and not missed, when somebody else than the phone tells of it', async () => {
    await host.pair('n1', anna)
    await until(() => history().length === 3, 'the history was told: what was written before, that this is all, and how people call themselves')
    const before = [await asked('md-msg-hist'), history().length] as const
    const forged = [
      { initialHistBootstrapInlinePayload: Buffer.from('no history').toString('base64') },
      { initialHistBootstrapInlinePayload: deflateSync('no history').toString('base64') },
      { directPath: '/v/forged', mediaKey: Buffer.alloc(32).toString('base64'), fileEncSha256: Buffer.alloc(32).toString('base64') },
    ]
    for (const part of forged) {
      const historySyncNotification = { syncType: 'RECENT', progress: 100, ...part }
      await emulator.call('POST', `/accounts/${bert.phone}/send`, { to: anna.phone, message: { protocolMessage: { type: 'HISTORY_SYNC_NOTIFICATION', historySyncNotification } } })
    }
    await emulator.call('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text: 'hello there' })
    await host.silo.event('messageReceived', 'n1', ({ message }) => message.text === 'hello there')
    assert.deepEqual([await asked('md-msg-hist'), history().length], before)
    assert.equal((await askBeforeFirst('r1')).failed, undefined)
  })

  test('and that the connection took along is not forgotten on the next one', async () => {
    const before = [await asked('md-msg-hist'), await asked('md-app-state')] as const
    await fault('file-stalled', { file: 'history', after: 20 })
    await fault('file-stalled', { file: 'app-state', after: 20 })
    await host.pair('n1', anna)
    await until(async () => await asked('md-msg-hist') > before[0] && await asked('md-app-state') > before[1], 'both were asked for')
    await emulator.call('POST', '/drop', { phone: anna.phone })
    await host.silo.event('closed', 'n1', ({ code }) => code === 428)
    await host.reopen('n1')
    assert.deepEqual([(await end()).failed, told()], ['lost', []])
    await until(() => names().includes('Bert Book'), 'the name was told', 30_000)
  })

  test('of its address book is asked for again when it could not be had, and the number goes on meanwhile', async () => {
    const before = await asked('md-app-state')
    // Twice for each of the three parts of the history, with which the library begins anew.
    await fault('file-cut', { file: 'app-state', count: 6 })
    await host.pair('n1', anna)
    await end()
    await host.send('n1', '3EB0AAAA0040', bert.jid, 'meanwhile')
    await host.silo.event('receiptReceived', 'n1')
    await until(() => names().includes('Bert Book'), 'the name was told', 30_000)
    assert.equal(await asked('md-app-state') - before, 7)

    // The library asks for the patch, and then for a snapshot in its place.
    await fault('file-refused', { file: 'app-state', code: 404, count: 2 })
    await emulator.call('POST', `/accounts/${anna.phone}/contacts`, { of: bert.phone, name: 'Bert Patch' })
    await until(() => names().includes('Bert Patch'), 'the new name was told', 30_000)
    assert.equal(host.silo.eventsOf('closed', 'n1').length, 1)
  })
})
