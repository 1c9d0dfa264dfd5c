import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { CancellationTokenSource } from 'vscode-jsonrpc/node.js'
import { runHost } from '#engine/host.js'
import { FakeNetwork } from './testing/fakeNetwork.js'
import { FakeSilo, token } from './testing/fakeSilo.js'
import { until } from './testing/until.js'

const link = {}
const n = 'n0000000001'

describe('The host', () => {
  let silo: FakeSilo
  let network: FakeNetwork
  let exits: number[]

  async function start(options: { token?: string; silenceLimitMs?: number; openLimitMs?: number } = {}) {
    const mine = exits
    await runHost({
      socketPath: silo.socketPath, token, engine: 'fake 1', network, exit: (code) => mine.push(code), ...options,
    })
  }

  beforeEach(async () => {
    silo = await FakeSilo.start()
    network = new FakeNetwork()
    exits = []
  })

  afterEach(() => silo.stop())

  test('says what failed unseen and goes on, and leaves for what it cannot go on after', async () => {
    let report: (error: unknown, isFatal: boolean) => void = () => undefined
    const mine = exits
    await runHost({
      socketPath: silo.socketPath, token, engine: 'fake 1', network, exit: (code) => mine.push(code), watchFaults: (to) => { report = to },
    })
    report(new TypeError('no "secret" here'), false)
    await until(() => silo.logs.some(({ level, data }) => level === 'error' && (data as { fault?: string }).fault === 'TypeError'), 'it was logged')
    assert.equal((await silo.ask<{ numbers: number }>('status', {})).numbers, 0)
    assert.ok(!JSON.stringify(silo.logs).includes('secret'))
    report(1006, true)
    await until(() => exits.length > 0, 'the host leaves')
    assert.deepEqual(exits, [70])
  })

  test('leaves when its token is refused', async () => {
    await start({ token: 'wrong' })
    assert.deepEqual(exits, [1])
  })

  test('opens a number and delivers what happens there, numbered from 1', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 3, credentials: [{ name: 'creds', value: 'e30=' }] })
    await until(() => network.sessions.length === 1, 'the number connects')
    assert.deepEqual(network.last.request.credentials, [{ name: 'creds', value: 'e30=' }])

    network.last.opened()
    await silo.event('opened')
    assert.deepEqual(silo.deliveries[0]?.first, { host: silo.host, epoch: 3, sequence: 1 })
    assert.equal((await silo.ask<{ open: number }>('status', {})).open, 1)
  })

  test('refuses a lower epoch, and ends the connection of a lower one in silence', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 3, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    const first = network.last
    await silo.ask('open', { number: n, epoch: 4, link })
    await until(() => network.sessions.length === 2, 'the number connects again')
    assert.equal(first.state, 'abandoned')

    first.port.tell({ type: 'pingLost' })
    first.port.closed(440)
    network.last.opened()
    await silo.event('opened')
    assert.deepEqual(silo.events.map(({ type }) => type), ['opened'])
    await assert.rejects(silo.ask('close', { number: n, epoch: 3 }), { code: -32001, data: { error: 'staleEpoch' } })
  })

  test('does nothing when the number is open already, and refuses to open one with nothing to open it by', async () => {
    await start()
    await assert.rejects(silo.ask('open', { number: n, epoch: 1 }), { data: { error: 'rejected' } })
    await silo.ask('open', { number: n, epoch: 1, link })
    await silo.ask('open', { number: n, epoch: 1, link })
    await silo.ask('status', {})
    assert.equal(network.sessions.length, 1)
  })

  test('tells what was buffered before a close, and nothing after it', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    const session = network.last
    session.buffered = [{ type: 'chatRead', jid: 'x@s.whatsapp.net', at: '2026-11-23T01:00:00.000Z' }]
    await silo.ask('close', { number: n, epoch: 1 })
    session.port.tell({ type: 'pingLost' })
    session.port.closed(428)

    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 2, 'the number connects again')
    network.last.opened()
    await silo.event('opened')
    assert.deepEqual(silo.events.map(({ type }) => type), ['chatRead', 'opened'])
    assert.equal(silo.deliveries.at(-1)?.first.sequence, 2, 'the sequence goes on within an epoch')
  })

  test('remembers for the next connection what the network does not tell again, and forgets it with a close or a new epoch', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    network.last.request.memory.set('seen', true)
    network.last.port.closed(428)
    await silo.event('closed')
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 2, 'the number connects again')
    assert.deepEqual([...network.last.request.memory], [['seen', true]])

    await silo.ask('close', { number: n, epoch: 1 })
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 3, 'the number connects once more')
    assert.deepEqual([...network.last.request.memory], [])

    network.last.request.memory.set('seen', true)
    await silo.ask('open', { number: n, epoch: 2, link })
    await until(() => network.sessions.length === 4, 'the number connects for who has it now')
    assert.deepEqual([...network.last.request.memory], [])
  })

  test('connects again only when everything of the last connection is stored, with its unstored changes on top', async () => {
    await start()
    silo.acknowledgeAtOnce = false
    await silo.ask('open', { number: n, epoch: 1, credentials: [{ name: 'creds', value: 'AAAA' }, { name: 'pre-key/1', value: 'AAAA' }] })
    await until(() => network.sessions.length === 1, 'the number connects')
    network.last.port.tell({ type: 'credentialsChanged', changes: [{ name: 'creds', value: 'BBBB' }, { name: 'pre-key/1', value: null }] })
    network.last.port.closed(515)
    await silo.event('closed')

    await silo.ask('open', { number: n, epoch: 1, credentials: [{ name: 'creds', value: 'AAAA' }, { name: 'pre-key/1', value: 'AAAA' }] })
    await silo.ask('status', {})
    assert.equal(network.sessions.length, 1)
    await silo.acknowledge(n, { host: silo.host, epoch: 1, sequence: 2 })
    await until(() => network.sessions.length === 2, 'the number connects again')
    assert.deepEqual(network.last.request.credentials, [{ name: 'creds', value: 'BBBB' }])
  })

  test('connects with credentials that no frame takes, when they were loaded in parts', async () => {
    await start()
    const entries = Array.from({ length: 20 }, (_, index) => ({ name: `session/${index}.0`, value: Buffer.alloc(1_000_000, index).toString('base64') }))
    for (let part = 1; part <= 6; part++) {
      await silo.ask('loadCredentials', { number: n, epoch: 1, part, credentials: entries.slice((part - 1) * 3, part * 3) })
    }
    await silo.ask('open', { number: n, epoch: 1, credentials: entries.slice(18), loaded: 6 })
    await until(() => network.sessions.length === 1, 'the number connects')
    assert.deepEqual(network.last.request.credentials, entries)
  })

  test('refuses to open a number of whose credentials parts are missing, as they are after a close or at a higher epoch', async () => {
    await start()
    const credentials = [{ name: 'creds', value: 'AAAA' }]
    const load = (epoch: number) => silo.ask('loadCredentials', { number: n, epoch, part: 1, credentials })
    const open = (epoch: number) => silo.ask('open', { number: n, epoch, credentials, loaded: 1 })
    const refused = { code: -32001, data: { error: 'unavailable' } }
    await assert.rejects(open(1), refused)
    await load(1)
    await silo.ask('close', { number: n, epoch: 1 })
    await assert.rejects(open(1), refused)
    await load(1)
    await assert.rejects(open(2), refused)
    await assert.rejects(load(1), { data: { error: 'staleEpoch' } })
    assert.equal(network.sessions.length, 0)
    await load(2)
    await open(2)
    await until(() => network.sessions.length === 1, 'the number connects')
  })

  test('gives an opening up when what the number told before is not stored in time, and says so', async () => {
    await start({ openLimitMs: 100 })
    silo.acknowledgeAtOnce = false
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    network.last.port.closed(428)
    await silo.event('closed')
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => silo.eventsOf('closed').length === 2, 'the opening is given up')
    assert.equal(network.sessions.length, 1)
    assert.ok(silo.logs.some(({ level, message, number }) => level === 'error' && message.includes('cannot be opened') && number === n))
    await silo.acknowledge(n, { host: silo.host, epoch: 1, sequence: 2 })
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 2, 'the number connects again')
  })

  test('delivers what the silo can read, whatever a stranger wrote, and what comes after it', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    const odd = { whatsAppId: 'A1', jid: 'x@s.whatsapp.net', fromMe: false, timestamp: '2026-11-23T01:00:00.000Z', contacts: [], mentions: [] }
    const { port } = network.last
    await port.store({ type: 'messageReceived', message: { ...odd, type: 'location', location: { latitude: Number.NaN, longitude: 1 } } })
    await port.store({ type: 'messageReceived', message: { ...odd, whatsAppId: 'A2', type: 'text', text: 'half \ud83d' } })
    await port.store({ type: 'named', jid: 'x'.repeat(300), name: 'Ada', saved: false })
    port.presence({ jid: 'x\ud83d@s.whatsapp.net', state: 'composing' })
    port.closed(Number.NaN)
    assert.equal((await silo.event('closed')).code, 500)
    assert.deepEqual(silo.eventsOf('messageReceived').map(({ message }) => [message.whatsAppId, message.type, message.text]),
      [['A1', 'unsupported', undefined], ['A2', 'text', 'half \ufffd']])
    assert.equal(silo.eventsOf('named').length, 0)
    assert.equal(silo.logs.filter(({ message }) => message === 'an event does not fit the contract').length, 3)
    await until(() => silo.presences.length === 1, 'the presence was told')
  })

  test('tells changes of credentials that no frame takes as one, with the message that they belong to', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    const { port } = network.last
    const changes = Array.from({ length: 20 }, (_, index) => ({ name: `session/${index}.0`, value: Buffer.alloc(1_000_000, index).toString('base64') }))
    silo.refuse = 1
    await port.store(
      { type: 'messageReceived', message: { whatsAppId: 'A1', jid: 'x@s.whatsapp.net', fromMe: false, timestamp: '2026-11-23T01:00:00.000Z', type: 'text', text: 'hi', contacts: [], mentions: [] } },
      { type: 'credentialsChanged', changes })
    await port.store({ type: 'opened' })
    assert.deepEqual(silo.events.map(({ type }) => type), ['messageReceived', 'credentialsChanged', 'opened'])
    assert.deepEqual(silo.eventsOf('credentialsChanged').map((event) => event.changes), [changes])
    assert.deepEqual(silo.deliveries.map(({ first }) => first.sequence), [1, 3])
  })

  test('closes a number whose changes of credentials cannot be told at all, and no other', async () => {
    await start()
    for (const number of ['n1', 'n2']) {
      await silo.ask('open', { number, epoch: 1, link })
    }
    await until(() => network.sessions.length === 2, 'both connect')
    const [first, second] = network.sessions
    let stored = false
    void first?.port.store({ type: 'pingLost' }, { type: 'credentialsChanged', changes: [{ name: 'session/1.0', value: 'A'.repeat(16 * 1024 * 1024) }] })
      .then(() => { stored = true })
    const { code, cause } = await silo.event('closed', 'n1')
    second?.opened()
    await silo.event('opened', 'n2')
    assert.deepEqual([code, cause, first?.state, second?.state, stored], [428, 'credentials_too_large', 'abandoned', 'live', false])
    assert.deepEqual(silo.eventsOf('pingLost'), [])
    assert.deepEqual(exits, [])
    await silo.ask('open', { number: 'n1', epoch: 1, link })
    await until(() => network.sessions.length === 3, 'the number connects again')
  })

  test('reports a number that cannot be connected as closed, without what was wrong in it', async () => {
    await start()
    network.fault = new SyntaxError('Unexpected token, "secret" is not JSON')
    await silo.ask('open', { number: n, epoch: 1, link })
    assert.equal((await silo.event('closed', n)).code, 500)
    assert.ok(silo.logs.some(({ level, number }) => level === 'error' && number === n))
    assert.ok(!JSON.stringify(silo.logs).includes('secret'))
    network.fault = undefined
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
  })

  test('passes commands to an open connection and refuses them without one', async () => {
    await start()
    const relay = { number: n, epoch: 1, whatsAppId: 'A', jid: 'x@s.whatsapp.net', prepared: Buffer.from('hi').toString('base64') }
    await assert.rejects(silo.ask('relay', relay), { data: { error: 'notConnected' } })
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    await assert.rejects(silo.ask('relay', relay), { data: { error: 'notConnected' } })
    network.last.opened()
    await silo.ask('relay', relay)
    assert.deepEqual(network.last.relayed, [{ whatsAppId: 'A', jid: 'x@s.whatsapp.net', prepared: 'hi' }])
    await assert.rejects(silo.ask('relay', { ...relay, prepared: 7 }), { code: -32602 })
  })

  test('gives a download up that the silo waits for no longer', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    network.last.opened()
    network.last.downloading = new Promise(() => undefined)
    const asking = new CancellationTokenSource()
    const file = { locator: 'AAAA', mimeType: 'image/png' }
    void silo.ask('fetchMedia', { number: n, epoch: 1, file, targetPath: '/tmp/file', maxBytes: 7 }, asking.token).catch(() => undefined)
    await until(() => network.last.downloads.length === 1, 'the download begins')
    assert.deepEqual(network.last.downloads.map(({ maxBytes, signal }) => [maxBytes, signal.aborted]), [[7, false]])
    asking.cancel()
    await until(() => network.last.downloads[0]?.signal.aborted === true, 'the download is given up')
  })

  test('begins few downloads of one number at once, and forgets those that are taken back while they wait', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    network.last.opened()
    await silo.event('opened')
    let end: () => void = () => undefined
    network.last.downloading = new Promise((resolve) => { end = resolve })
    const file = { locator: 'AAAA', mimeType: 'image/png' }
    const fetch = (token?: CancellationTokenSource['token']) =>
      silo.ask('fetchMedia', { number: n, epoch: 1, file, targetPath: '/tmp/file', maxBytes: 7 }, token)
    const asking = new CancellationTokenSource()
    const begun = [1, 2, 3, 4].map(() => fetch())
    const takenBack = assert.rejects(fetch(asking.token), { data: { error: 'unavailable' } })
    const waiting = fetch()
    await silo.ask('status', {})
    assert.equal(network.last.downloads.length, 4)
    asking.cancel()
    await takenBack
    end()
    await Promise.all([...begun, waiting])
    assert.equal(network.last.downloads.length, 5)
  })

  test('offers again what nobody took as soon as the silo says that storage is back', async (t) => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    t.mock.method(Math, 'random', () => 0)
    silo.refuse = 6   // the next offer after these comes 3.2 s later
    network.last.opened()
    await until(() => silo.refuse === 0, 'it was refused often')
    await silo.ask('offerAgain', {})
    await until(() => silo.eventsOf('opened', n).length === 1, 'it is offered at once', 1_500)
  })

  test('cuts every connection on closeAll and reports each as lost', async () => {
    await start()
    for (const number of ['n1', 'n2']) {
      await silo.ask('open', { number, epoch: 1, link })
    }
    await until(() => network.sessions.length === 2, 'both connect')
    await silo.ask('closeAll', {})
    for (const number of ['n1', 'n2']) {
      assert.equal((await silo.event('closed', number)).code, 428)
    }
    assert.deepEqual(network.sessions.map(({ state }) => state), ['abandoned', 'abandoned'])
  })

  test('lets go of a number that somebody else has, and takes it again at a later epoch', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    silo.over = 2
    network.last.opened()
    await until(() => network.last.state === 'abandoned', 'its connection is cut')
    assert.equal((await silo.ask<{ numbers: number }>('status', {})).numbers, 0)
    assert.ok(silo.logs.some(({ number, message }) => number === n && message.startsWith('somebody else has the number')))

    await silo.ask('open', { number: n, epoch: 3, link })
    await until(() => network.sessions.length === 2, 'the number connects again')
    network.last.opened()
    await silo.event('opened')
    assert.deepEqual(silo.deliveries.map(({ first: { epoch, sequence } }) => [epoch, sequence]), [[3, 1]])
  })

  test('leaves when the connection closes, and cuts what it hosts', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    silo.hangUp()
    await until(() => exits.length > 0, 'the host leaves')
    assert.deepEqual(exits, [0])
    assert.equal(network.last.state, 'abandoned')
  })

  test('leaves when no heartbeat comes, and stays while they do', async () => {
    await start({ silenceLimitMs: 600 })
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    const beating = performance.now()
    await until(() => performance.now() - beating > 1_200, 'twice the limit has passed')
    assert.deepEqual(exits, [])

    silo.stopHeartbeats()
    await until(() => network.last.state === 'abandoned', 'the number is cut')
    await until(() => exits.length > 0, 'the host leaves')
    assert.deepEqual(exits, [0])
    // What was written may be read after the host is gone.
    await until(() => silo.logs.some(({ message }) => message.startsWith('nothing was heard of the silo')), 'it says why')
  })

  test('shuts down after everything buffered was stored', async () => {
    await start()
    await silo.ask('open', { number: n, epoch: 1, link })
    await until(() => network.sessions.length === 1, 'the number connects')
    network.last.buffered = [{ type: 'named', jid: 'x@s.whatsapp.net', name: 'Ada', saved: false }]
    await silo.ask('shutdown', {})
    assert.equal(silo.eventsOf('named').length, 1)
    await until(() => exits.length > 0, 'the host leaves')
    assert.deepEqual([exits, network.last.state], [[0], 'ended'])
  })
})
