import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { proto } from 'baileys'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'
import { FakeSilo, settings } from '../testing/fakeSilo.js'
import { HostProcess } from '../testing/hostProcess.js'
import { ConnectProxy } from '../testing/proxies.js'
import { until } from '../testing/until.js'

const n = 'n0000000001'
let lastPhone = 4915110000000

describe('A number on the emulated network', () => {
  let emulator: Emulator
  let silo: FakeSilo
  let host: EmulatedHost

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    host = await EmulatedHost.start(emulator)
    silo = host.silo
  })

  afterEach(() => host.stop())

  after(() => emulator.stop())

  const person = (name: string) => emulator.phone(`${++lastPhone}`, name)

  const pair = (owner: { phone: string }) => host.pair(n, owner)
  const reopen = (epoch: number) => host.reopen(n, { epoch })
  const send = (whatsAppId: string, jid: string, text: string) => host.send(n, whatsAppId, jid, text)

  const relayed = async (id: string) =>
    (await emulator.call<{ sent: { id: string }[] }>('GET', '/record')).sent.some((message) => message.id === id)

  test('links by QR, closes with 515, and opens with what was stored', async () => {
    const anna = await person('Anna')
    await pair(anna)
    const kinds = silo.events.map(({ type }) => type)
    assert.ok(kinds.indexOf('linkOffered') < kinds.indexOf('linkScanned'))
    const linked = silo.deliveries.find(({ events }) => events.some(({ type }) => type === 'linked'))
    assert.ok(linked?.events.some(({ type }) => type === 'credentialsChanged'), 'linked comes with its credentials')
    assert.equal(silo.eventsOf('linked')[0]?.phone, anna.phone)
    assert.equal(host.credentials(n).filter(({ name }) => name.startsWith('pre-key/')).length, 812)
  })

  test('links by a code typed on the phone', async () => {
    const anna = await person('Anna')
    await silo.ask('open', { number: n, epoch: 1, link: { phone: anna.phone } })
    const { code, qr } = await silo.event('linkOffered', n)
    assert.equal(qr, undefined)
    assert.match(code ?? '', /^[0-9A-Z]{8}$/)
    await emulator.call('POST', `/accounts/${anna.phone}/code`, { code })
    await silo.event('closed', n, (closed) => closed.code === 515)
    await reopen(1)
    assert.equal(silo.eventsOf('linked')[0]?.phone, anna.phone)
  })

  test('offers no code that the network refuses, and says so', async () => {
    const anna = await person('Anna')
    await emulator.call('POST', '/faults', { kind: 'query-error', phone: anna.phone, query: 'set md link_code_companion_reg', code: 429 })
    await silo.ask('open', { number: n, epoch: 1, link: { phone: anna.phone } })
    const refused = await silo.event('closed', n)
    assert.deepEqual([refused.code, refused.cause], [428, 'code_refused'])
    assert.ok(silo.logs.some(({ data }) => (data as { code?: unknown } | undefined)?.code === '429'), 'the network’s own code is in the log')

    await silo.ask('open', { number: 'n2', epoch: 1, link: { phone: '4915199999999' } })   // whose phone is none
    assert.equal((await silo.event('closed', 'n2')).cause, 'code_refused')
    assert.deepEqual(silo.eventsOf('linkOffered'), [])

    await silo.ask('open', { number: n, epoch: 1, link: { phone: anna.phone } })
    assert.match((await silo.event('linkOffered', n)).code ?? '', /^[0-9A-Z]{8}$/)
  })

  test('starts over with fresh credentials when the connection drops before the code is typed', async () => {
    const anna = await person('Anna')
    const open = { number: n, epoch: 1, link: { phone: anna.phone } }
    await silo.ask('open', open)
    const { code } = await silo.event('linkOffered', n)
    await silo.ask('closeAll', {})
    await silo.event('closed', n)
    assert.deepEqual(silo.eventsOf('credentialsChanged', n), [])
    await silo.ask('open', open)
    const next = await silo.event('linkOffered', n, (offer) => offer.code !== code)
    await emulator.call('POST', `/accounts/${anna.phone}/code`, { code: next.code })
    await silo.event('linked', n)
  })

  test('goes through the proxy it is given, and says when that does not let it through', async () => {
    const proxy = await ConnectProxy.start()
    const way = { kind: 'http', host: 'proxy.invalid', port: proxy.port, addresses: ['127.0.0.1'] }
    try {
      await silo.ask('open', { number: n, epoch: 1, link: {}, proxy: way })
      await silo.event('linkOffered', n)
      assert.deepEqual(proxy.asked.map(({ target }) => target), [new URL(emulator.url).host])
      proxy.status = 401
      await silo.ask('open', { number: 'n2', epoch: 1, link: {}, proxy: way })
      const refused = await silo.event('closed', 'n2')
      assert.deepEqual([refused.code, refused.cause], [428, 'proxy_refused'])
    } finally {
      await silo.ask('close', { number: n, epoch: 1 })
      proxy.stop()
    }
    await silo.ask('open', { number: 'n3', epoch: 1, link: {}, proxy: way })
    const unreachable = await silo.event('closed', 'n3')
    assert.deepEqual([unreachable.code, unreachable.cause], [428, 'proxy_unreachable'])
  })

  test('receives and sends in a group', async () => {
    const [anna, bert, cleo] = [await person('Anna'), await person('Bert'), await person('Cleo')]
    const { jid } = await emulator.call<{ jid: string }>('POST', '/groups', { creator: bert.phone, subject: 'Crew', members: [anna.phone, cleo.phone] })
    await pair(anna)
    for (const words of ['one', 'two']) {
      await emulator.call('POST', `/accounts/${bert.phone}/say`, { to: jid, text: words })
      const { message } = await silo.event('messageReceived', n, (event) => event.message.text === words)
      assert.deepEqual([message.jid, message.participant, message.otherParticipant], [jid, bert.lid, bert.jid])
    }
    await send('3EB0AAAA0010', jid, 'hello all')
    await silo.event('serverAcknowledged', n)
    await silo.event('receiptReceived', n, (event) => event.jid === jid && event.participant !== undefined)
    for (const { phone } of [bert, cleo]) {
      const inbox = await emulator.call<{ text?: string }[]>('GET', `/accounts/${phone}/inbox`)
      assert.ok(inbox.some(({ text }) => text === 'hello all'), phone)
    }
  })

  test('refuses a message to a group that is not there, or that the number was taken out of, and stays connected', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    const { jid } = await emulator.call<{ jid: string }>('POST', '/groups', { creator: bert.phone, subject: 'Crew', members: [anna.phone] })
    await pair(anna)
    await send('3EB0AAAA0040', jid, 'hello all')
    await silo.event('serverAcknowledged', n)
    await emulator.call('POST', `/groups/${jid}/remove`, { actor: bert.phone, members: [anna.phone] })
    await until(async () => (await emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${anna.phone}`))
      .companions.every(({ pending }) => pending === 0), 'the number knows that it was taken out')

    const refused = (error: { data?: unknown }) => {
      assert.deepEqual(error.data, { error: 'rejected', code: 'not_in_group' })
      return true
    }
    const whatsAppId = '3EB0AAAA0041'
    for (const group of [jid, '120363000000000001@g.us']) {
      const message = { kind: 'message', whatsAppId, jid: group, type: 'text', text: 'still here', mentions: [] }
      await assert.rejects(silo.ask('prepare', { number: n, epoch: 1, message }), refused)
      const prepared = Buffer.from(proto.Message.encode({ conversation: 'still here' }).finish()).toString('base64')
      await assert.rejects(silo.ask('relay', { number: n, epoch: 1, whatsAppId, jid: group, prepared }), refused)
    }
    await send('3EB0AAAA0042', bert.jid, 'just you')
    await silo.event('serverAcknowledged', n, (event) => event.whatsAppId === '3EB0AAAA0042')
    assert.equal(await relayed(whatsAppId), false)
    assert.deepEqual(silo.eventsOf('closed', n).map(({ code }) => code), [515])
  })

  test('says of a message that did not leave that it did not, and can send it afterwards', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    await emulator.call('POST', '/faults', { kind: 'query-error', phone: anna.phone, query: 'get usync usync', code: 500 })
    await assert.rejects(send('3EB0AAAA0050', bert.jid, 'hello'), (error: { data?: unknown }) => {
      assert.deepEqual(error.data, { error: 'unavailable' }, 'what is not prepared cannot have left')
      return true
    })
    const prepared = Buffer.from(proto.Message.encode({ conversation: 'hello' }).finish()).toString('base64')
    await emulator.call('POST', '/faults', { kind: 'query-error', phone: anna.phone, query: 'get usync usync', code: 500 })
    await assert.rejects(silo.ask('relay', { number: n, epoch: 1, whatsAppId: '3EB0AAAA0050', jid: bert.jid, prepared }), (error: { data?: unknown }) => {
      assert.deepEqual(error.data, { error: 'notSent' })
      return true
    })
    assert.equal(await relayed('3EB0AAAA0050'), false)
    await send('3EB0AAAA0050', bert.jid, 'hello')
    assert.equal((await silo.event('serverAcknowledged', n)).error, undefined)
  })

  test('fetches a file whole, and sends one from its path', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    const folder = await mkdtemp(join(tmpdir(), 'lw-'))
    try {
      const content = Buffer.alloc(200_000, 'loopwave ')
      await emulator.call('POST', `/accounts/${bert.phone}/send-file`, {
        to: anna.phone, kind: 'document', base64: content.toString('base64'), mimetype: 'application/pdf', fileName: 'a.pdf', caption: 'see',
      })
      const { message } = await silo.event('messageReceived', n)
      assert.deepEqual([message.type, message.text, message.file?.fileName, message.file?.size], ['document', 'see', 'a.pdf', content.length])
      const targetPath = join(folder, 'fetched')
      await silo.ask('fetchMedia', { number: n, epoch: 1, file: message.file, targetPath, maxBytes: content.length })
      assert.ok((await readFile(targetPath)).equals(content))

      const path = join(folder, 'out.pdf')
      await writeFile(path, content)
      const outbound = { kind: 'message', whatsAppId: '3EB0AAAA0020', jid: bert.jid, type: 'document', mentions: [], file: { path, mimeType: 'application/pdf', fileName: 'out.pdf' } }
      const { prepared } = await silo.ask<{ prepared: string }>('prepare', { number: n, epoch: 1, message: outbound })
      await silo.ask('relay', { number: n, epoch: 1, whatsAppId: '3EB0AAAA0020', jid: bert.jid, prepared })
      await silo.event('receiptReceived', n)
      const { base64 } = await emulator.call<{ base64: string }>('GET', `/accounts/${bert.phone}/files/3EB0AAAA0020`)
      assert.ok(Buffer.from(base64, 'base64').equals(content))
      assert.deepEqual((await readdir(folder)).sort(), ['fetched', 'out.pdf'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('tells the code of a message that the server refuses', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    await emulator.call('POST', '/faults', { kind: 'ack-error', phone: anna.phone, code: 479 })
    await send('3EB0AAAA0030', bert.jid, 'no')
    assert.equal((await silo.event('serverAcknowledged', n)).error, 479)
  })

  test('receives a text, stores it with its keys in one batch, and receipts only then', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    silo.holdFrom = 'messageReceived'
    const { id } = await emulator.call<{ id: string }>('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text: 'hello' })
    const { message } = await silo.event('messageReceived', n)
    assert.deepEqual([message.whatsAppId, message.type, message.text, message.pushName, message.fromMe], [id, 'text', 'hello', 'Bert', false])
    assert.deepEqual(new Set([message.jid, message.otherJid]), new Set([bert.jid, bert.lid]))

    const delivery = silo.deliveries.find(({ events }) => events.some(({ type }) => type === 'messageReceived'))
    assert.ok(delivery)
    const types = delivery.events.map(({ type }) => type)
    assert.equal(types[types.indexOf('messageReceived') + 1], 'credentialsChanged')

    interface Copy { id: string; to?: string; receiptedAt?: unknown }
    const copy = async () => (await emulator.call<{ delivered: Copy[] }>('GET', '/record')).delivered.filter((each) => each.id === id)
    assert.ok((await copy()).some(({ receiptedAt }) => !receiptedAt), 'no receipt before the silo stored it')
    silo.holdFrom = undefined
    silo.acknowledgeAtOnce = true
    await silo.acknowledge(n, { ...delivery.first, sequence: delivery.first.sequence + delivery.events.length - 1 })
    let copies = await copy()
    const deadline = performance.now() + 10_000
    while (copies.some(({ receiptedAt }) => !receiptedAt)) {
      assert.ok(performance.now() < deadline, 'the receipt came')
      copies = await copy()
    }
    assert.equal(silo.eventsOf('messageReceived', n).length, 1)
  })

  test('a message whose host was killed before it was stored comes again and can still be read', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    await emulator.call('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text: 'first' })
    await silo.event('messageReceived', n, ({ message }) => message.text === 'first')
    await until(async () => (await emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${anna.phone}`))
      .companions.every(({ pending }) => pending === 0), 'what its own phone tells a new device is handled')
    const stored = host.credentials(n)
    silo.acknowledgeAtOnce = false
    await emulator.call('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text: 'second' })
    await silo.event('messageReceived', n, ({ message }) => message.text === 'second')
    host.process.kill()
    await host.process.exited

    const next = await FakeSilo.start()
    next.settings = silo.settings
    const nextHost = new HostProcess(next.socketPath, emulator.hostOptions)
    try {
      await next.welcomed()
      await next.ask('open', { number: n, epoch: 2, credentials: stored })
      const { message } = await next.event('messageReceived', n)
      assert.equal(message.text, 'second')
    } finally {
      next.stop()
      nextHost.kill()
      await nextHost.exited
    }
  })

  test('sends a text with its own id, tells the server’s answer and the receipts', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    const prepared = await send('3EB0AAAA0001', bert.jid, 'see https://example.com')
    assert.equal(proto.Message.decode(Buffer.from(prepared, 'base64')).extendedTextMessage?.text, 'see https://example.com')
    assert.equal((await silo.event('serverAcknowledged', n)).whatsAppId, '3EB0AAAA0001')
    await silo.event('receiptReceived', n, ({ kind, whatsAppIds }) => kind === 'delivered' && whatsAppIds.includes('3EB0AAAA0001'))
    const inbox = await emulator.call<{ id: string; text?: string }[]>('GET', `/accounts/${bert.phone}/inbox`)
    assert.ok(inbox.some(({ id, text }) => id === '3EB0AAAA0001' && text === 'see https://example.com'))
  })

  test('answers a receiver who could not decrypt with the bytes of the silo', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    await send('3EB0AAAA0002', bert.jid, 'one')
    await silo.event('receiptReceived', n)
    await emulator.call('POST', `/accounts/${bert.phone}/forget-sessions`, { of: anna.phone })
    await send('3EB0AAAA0003', bert.jid, 'two')
    await silo.event('receiptReceived', n, ({ whatsAppIds }) => whatsAppIds.includes('3EB0AAAA0003'))
    const inbox = await emulator.call<{ text?: string }[]>('GET', `/accounts/${bert.phone}/inbox`)
    assert.ok(inbox.some(({ text }) => text === 'two'))
  })

  test('reports reactions, edits and revokes of the other side', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    const { id } = await emulator.call<{ id: string }>('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text: 'helo' })
    await emulator.call('POST', `/accounts/${bert.phone}/edit`, { to: anna.phone, id, text: 'hello' })
    const edited = await silo.event('messageEdited', n)
    assert.deepEqual([edited.target.whatsAppId, edited.text, edited.target.fromMe], [id, 'hello', false])
    await emulator.call('POST', `/accounts/${bert.phone}/react`, { to: anna.phone, target: { id, fromMe: true }, emoji: '👍' })
    const reaction = await silo.event('reactionReceived', n)
    assert.deepEqual([reaction.target.whatsAppId, reaction.emoji, reaction.target.fromMe], [id, '👍', false])
    await emulator.call('POST', `/accounts/${bert.phone}/revoke`, { to: anna.phone, id })
    assert.equal((await silo.event('messageRevoked', n)).target.whatsAppId, id)
  })

  test('says of who takes back what others wrote in a group whether they are an administrator of it at that moment', async () => {
    const [anna, bert, cleo] = [await person('Anna'), await person('Bert'), await person('Cleo')]
    const { jid } = await emulator.call<{ jid: string }>('POST', '/groups', { creator: bert.phone, subject: 'Crew', members: [anna.phone, cleo.phone] })
    await pair(anna)
    const { id } = await emulator.call<{ id: string }>('POST', `/accounts/${bert.phone}/say`, { to: jid, text: 'hello' })
    await silo.event('messageReceived', n)
    const revoked = async (by: { phone: string }, author: string) => {
      const before = silo.eventsOf('messageRevoked', n).length
      await emulator.call('POST', `/accounts/${by.phone}/revoke`, { to: jid, id, author })
      await until(() => silo.eventsOf('messageRevoked', n).length > before, 'the revoke', 30_000)
      return silo.eventsOf('messageRevoked', n).at(-1)
    }
    const cleos = { fromMe: false, participant: cleo.lid, otherParticipant: cleo.jid }
    assert.deepEqual((await revoked(cleo, bert.lid))?.by, { ...cleos, isAdmin: false })
    await emulator.call('POST', `/groups/${jid}/promote`, { actor: bert.phone, members: [cleo.phone] })
    const taken = await revoked(cleo, anna.lid)
    assert.deepEqual([taken?.target, taken?.by], [{ whatsAppId: id, fromMe: true, participant: anna.lid }, { ...cleos, isAdmin: true }])
    await emulator.call('POST', `/groups/${jid}/demote`, { actor: bert.phone, members: [cleo.phone] })
    assert.deepEqual((await revoked(cleo, bert.lid))?.by, { ...cleos, isAdmin: false })
    assert.deepEqual((await revoked(bert, bert.lid))?.by, { fromMe: false, participant: bert.lid, otherParticipant: bert.jid, isAdmin: true })

    // Both wait for the number, and come one after the other.
    await emulator.call('POST', '/drop', { phone: anna.phone })
    await silo.event('closed', n)
    await emulator.call('POST', `/groups/${jid}/promote`, { actor: bert.phone, members: [cleo.phone] })
    const before = silo.eventsOf('messageRevoked', n).length
    await emulator.call('POST', `/accounts/${cleo.phone}/revoke`, { to: jid, id, author: bert.lid })
    await reopen(1)
    await until(() => silo.eventsOf('messageRevoked', n).length > before, 'the revoke', 30_000)
    assert.deepEqual(silo.eventsOf('messageRevoked', n).at(-1)?.by, { ...cleos, isAdmin: true })
  })

  test('tells who is writing, and that we are', async () => {
    const [anna, bert, cleo] = [await person('Anna'), await person('Bert'), await person('Cleo')]
    const { jid } = await emulator.call<{ jid: string }>('POST', '/groups', { creator: bert.phone, subject: 'Crew', members: [anna.phone, cleo.phone] })
    await pair(anna)
    const seen = (wanted: object) => until(
      () => silo.presences.some((presence) => isDeepStrictEqual(JSON.parse(JSON.stringify(presence)), wanted)), JSON.stringify(wanted), 30_000)
    await emulator.call('POST', `/accounts/${bert.phone}/type`, { to: anna.phone, state: 'composing' })
    await seen({ number: n, epoch: 1, jid: bert.jid, state: 'composing' })
    await emulator.call('POST', `/accounts/${bert.phone}/type`, { to: anna.phone, state: 'recording' })
    await seen({ number: n, epoch: 1, jid: bert.jid, state: 'recording' })
    await emulator.call('POST', `/accounts/${bert.phone}/type`, { to: anna.phone, state: 'paused' })
    await seen({ number: n, epoch: 1, jid: bert.jid, state: 'paused' })
    await emulator.call('POST', `/accounts/${cleo.phone}/type`, { to: jid, state: 'composing' })
    await seen({ number: n, epoch: 1, jid, participant: cleo.lid, state: 'composing' })

    for (const [to, state] of [[bert.jid, 'composing'], [bert.jid, 'recording'], [bert.lid, 'paused'], [jid, 'composing']]) {
      await silo.ask('setPresence', { number: n, epoch: 1, jid: to, state })
    }
    const told = () => emulator.call<{ from: string; to: string; state: string }[]>('GET', '/chatstates')
    await until(async () => (await told()).filter(({ from }) => from === anna.jid).length === 4, 'the network heard it')
    assert.deepEqual(
      (await told()).filter(({ from }) => from === anna.jid).map(({ to, state }) => [to, state]),
      [[bert.jid, 'composing'], [bert.jid, 'recording'], [bert.lid, 'paused'], [jid, 'composing']])
  })

  test('finds a person and says who is not there', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    const found = await silo.ask<{ onWhatsApp: boolean; jid?: string; lid?: string }>('resolve', { number: n, epoch: 1, phone: bert.phone })
    assert.deepEqual([found.onWhatsApp, found.jid, found.lid], [true, bert.jid, bert.lid])
    assert.equal((await silo.ask<{ onWhatsApp: boolean }>('resolve', { number: n, epoch: 1, phone: '4915199999999' })).onWhatsApp, false)
    const clara = await emulator.call<{ jid: string }>('POST', '/accounts', { phone: '5511987654321', otherForms: ['551187654321'] })
    assert.equal((await silo.ask<{ jid?: string }>('resolve', { number: n, epoch: 1, phone: '551187654321' })).jid, clara.jid)
  })

  test('tells history as history, and older messages when asked', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    const messages = Array.from({ length: 8 }, (_, index) => ({ id: `H${index}`, text: `old ${index}`, at: 1_790_000_000 + index }))
    await emulator.call('POST', `/accounts/${anna.phone}/history`, { chat: bert.phone, name: 'Bert', messages, bootstrap: 3 })
    await pair(anna)
    await silo.event('historyReceived', n, ({ done }) => done)
    const first = silo.eventsOf('historyReceived', n).flatMap((event) => event.messages)
    assert.deepEqual(first.map(({ text }) => text).sort(), ['old 5', 'old 6', 'old 7'])
    assert.equal(silo.eventsOf('messageReceived', n).length, 0)
    const oldest = first.find(({ text }) => text === 'old 5')
    assert.ok(oldest)
    await silo.ask('requestHistory', {
      number: n, epoch: 1, request: 'r1', jid: oldest.jid, oldest: { whatsAppId: oldest.whatsAppId, fromMe: oldest.fromMe },
      oldestAt: oldest.timestamp, count: 50,
    })
    const answer = await silo.event('historyReceived', n, ({ request }) => request === 'r1')
    assert.deepEqual(answer.messages.map(({ text }) => text).sort(), ['old 0', 'old 1', 'old 2', 'old 3', 'old 4'])
    // What the phone tells after the last part says nothing of how far it is.
    assert.deepEqual(silo.eventsOf('historyReceived', n).slice(0, 3).map(({ percent, done }) => [percent, done]), [[50, false], [100, true], [undefined, false]])
    assert.equal(silo.eventsOf('named', n).some(({ jid, name, saved }) => jid === bert.jid && name === 'Bert' && !saved), true)
  })

  test('does not take an answer that comes on a later connection for what a phone tells by itself', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    const messages = Array.from({ length: 2 }, (_, index) => ({ id: `H${index}`, text: `old ${index}`, at: 1_790_000_000 + index }))
    await emulator.call('POST', `/accounts/${anna.phone}/history`, { chat: bert.phone, name: 'Bert', messages, bootstrap: 1 })
    await pair(anna)
    const { messages: [oldest] } = await silo.event('historyReceived', n, (event) => event.messages.length > 0)
    assert.ok(oldest)
    await emulator.call('POST', `/accounts/${anna.phone}/power`, { on: false })
    await silo.ask('requestHistory', {
      number: n, epoch: 1, request: 'r1', jid: oldest.jid, oldest: { whatsAppId: oldest.whatsAppId, fromMe: oldest.fromMe }, oldestAt: oldest.timestamp, count: 50,
    })
    await silo.ask('close', { number: n, epoch: 1 })
    await reopen(1)
    await emulator.call('POST', `/accounts/${anna.phone}/power`, { on: true })
    const answer = await silo.event('historyReceived', n, (event) => event.messages.some(({ text }) => text === 'old 0'))
    assert.equal(typeof answer.request, 'string')
    assert.notEqual(answer.request, 'r1')
  })

  test('keeps every message that waited while it was away', async () => {
    const [anna, bert] = [await person('Anna'), await person('Bert')]
    await pair(anna)
    await silo.ask('close', { number: n, epoch: 1 })
    for (let index = 0; index < 10; index++) {
      await emulator.call('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text: `waited ${index}` })
    }
    await reopen(1)
    await until(() => silo.eventsOf('messageReceived', n).length === 10, 'all ten came', 20_000)
    assert.deepEqual(silo.eventsOf('messageReceived', n).map(({ message }) => message.text), Array.from({ length: 10 }, (_, index) => `waited ${index}`))
  })

  test('says how a connection ended', async () => {
    const anna = await person('Anna')
    await pair(anna)
    await emulator.call('POST', '/drop', { phone: anna.phone })
    assert.equal((await silo.event('closed', n, ({ code }) => code !== 515)).code, 428)
    await reopen(1)
    await emulator.call('POST', `/accounts/${anna.phone}/unlink`)
    await silo.event('closed', n, ({ code }) => code === 401)
  })
})

describe('A host without the emulator’s key', () => {
  test('refuses its certificate', async () => {
    const emulator = await Emulator.start()
    const silo = await FakeSilo.start()
    silo.settings = { ...settings, webSocketUrl: emulator.url }
    const host = new HostProcess(silo.socketPath)
    try {
      await silo.welcomed()
      await silo.ask('open', { number: n, epoch: 1, link: {} })
      assert.equal((await silo.event('closed', n)).code, 400)
      assert.equal(silo.eventsOf('linkOffered').length, 0)
    } finally {
      silo.stop()
      assert.equal(await host.exited, 0, 'it leaves when the silo does')
      emulator.stop()
    }
  })
})

describe('A host before somebody else than the network', () => {
  test('does not take the answer of HTTP for the network’s own', async () => {
    const stranger = createServer().on('upgrade', (_, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n'))
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    const silo = await FakeSilo.start()
    silo.settings = { ...settings, webSocketUrl: `ws://127.0.0.1:${(stranger.address() as AddressInfo).port}` }
    const host = new HostProcess(silo.socketPath)
    try {
      await silo.welcomed()
      await silo.ask('open', { number: n, epoch: 1, link: {} })
      assert.equal((await silo.event('closed', n)).code, 503)
    } finally {
      silo.stop()
      await host.exited
      stranger.close()
    }
  })
})
