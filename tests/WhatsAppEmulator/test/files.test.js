import '../src/quiet.js'
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { planFault } from '../src/plan-fault.js'
import { until, withEmulator } from '../testing/client.js'

/** A server with media, and a client whose downloads go there, whatever host they name. */
async function withFiles(run) {
  const directory = await mkdtemp(join(tmpdir(), 'emulator-files-'))
  const { fetch } = globalThis
  try {
    await withEmulator(async (emulator, client) => {
      const ca = await readFile(emulator.media.description.ca)
      const download = path => new Promise((resolve, reject) => {
        get(`https://${emulator.media.host}${path}`, { ca, agent: false }, response => {
          const chunks = []
          response.on('data', chunk => chunks.push(chunk))
          response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks) }))
          response.on('error', error => reject(Object.assign(error, { received: Buffer.concat(chunks).length })))
          emulator.receiving?.(chunks, response)
        }).on('error', reject)
      })
      globalThis.fetch = async url => {
        const { status, body } = await download(new URL(url).pathname)
        return new Response(body, { status })
      }
      await run(emulator, client, download)
    }, { directory })
  } finally {
    globalThis.fetch = fetch
    await rm(directory, { recursive: true, force: true })
  }
}

const lines = count => Array.from({ length: count }, (_, index) => ({
  id: `OLD${index + 1}`, text: `line ${index + 1}`, at: new Date(Date.UTC(2026, 0, 1, 10, index)).toISOString()
}))

test('history goes as files where it is large, by itself and when it is asked for', () => withFiles(async (emulator, client) => {
  const anna = emulator.addPhone({ phone: '4915111111111' })
  const bert = emulator.addPhone({ phone: '4915122222222' })
  anna.history.add(bert.jid, lines(10), 'Bert')
  anna.bootstrapPerChat = 3
  anna.inlineUpTo = 0
  const host = client()
  await host.pairWith(anna)

  const first = await host.wait('messaging-history.set', data => data.messages.length > 0)
  assert.deepEqual(first.messages.map(message => message.key.id), ['OLD10', 'OLD9', 'OLD8'])
  const oldest = first.messages.at(-1)
  const request = await host.socket.fetchMessageHistory(4, oldest.key, Number(oldest.messageTimestamp) * 1000)
  const more = await host.wait('messaging-history.set', data => data.peerDataRequestSessionId === request)

  assert.deepEqual(more.messages.map(message => message.key.id), ['OLD7', 'OLD6', 'OLD5', 'OLD4'])
  assert.deepEqual(emulator.record.filesAsked.map(each => [each.method, each.kind]), Array(4).fill(['GET', 'md-msg-hist']))
  assert.deepEqual(emulator.record.problems, [])
}))

test('an address book goes as a snapshot to who has nothing of it, and its changes as patches with a file', () => withFiles(async (emulator, client) => {
  const anna = emulator.addPhone({ phone: '4915111111111' })
  const [bert, carla, dora] = ['2', '3', '4'].map(digit => emulator.addPhone({ phone: `49151${digit.repeat(8)}` }))
  anna.inlineUpTo = 0
  await anna.saveContact(bert, 'Bert at first')
  await anna.saveContact(bert, 'Bert')
  await anna.saveContact(carla, 'Carla')
  const host = client()
  await host.pairWith(anna)

  const named = name => host.events.filter(event => event.name === 'contacts.upsert').flatMap(event => event.data).filter(each => each.name === name)
  await until('the names', () => named('Bert').length === 1 && named('Carla').length === 1)
  assert.deepEqual(named('Bert at first'), [], 'a snapshot has the last name only')
  assert.equal(emulator.record.filesAsked.filter(each => each.kind === 'md-app-state').length, 1)

  await anna.saveContact(dora, 'Dora')
  await until('the name of the patch', () => named('Dora').length === 1)
  assert.equal(emulator.record.filesAsked.filter(each => each.kind === 'md-app-state').length, 2)
  assert.equal(named('Bert').length, 1, 'only what is new is told')
  assert.deepEqual(emulator.record.problems, [])
}))

test('a download is cut, stands still or is refused, for one phone and one kind, as often as planned', () => withFiles(async (emulator, _, download) => {
  const [anna, bert] = ['1', '2'].map(digit => emulator.addPhone({ phone: `49151${digit.repeat(8)}` }))
  const plain = Buffer.alloc(100_000, 'x')
  const add = (kind, owner) => emulator.media.add(kind, plain, owner.account)
  const image = await add('image', anna)
  const sizeOf = async ({ directPath }) => (await download(directPath)).body.length
  planFault(emulator, { kind: 'file-cut', phone: '4915111111111', file: 'history', after: 40_000 })
  planFault(emulator, { kind: 'file-refused', phone: '4915111111111', file: 'app-state', code: 503, count: 2 })

  const whole = 100_000 + 16 + 10    // its blocks, a block of padding, and the mac
  assert.equal(await sizeOf(image), whole)
  assert.equal(await sizeOf(await add('md-msg-hist', bert)), whole)
  const history = await add('md-msg-hist', anna)
  await assert.rejects(download(history.directPath), error => error.received === 40_000)
  assert.equal(await sizeOf(history), whole)
  const patch = await add('md-app-state', anna)
  assert.deepEqual([(await download(patch.directPath)).status, (await download(patch.directPath)).status], [503, 503])
  assert.equal(await sizeOf(patch), whole)

  planFault(emulator, { kind: 'file-stalled', after: 10 })
  let stalled
  emulator.receiving = (chunks, response) => { stalled = { chunks, response } }
  const standing = download(image.directPath)
  await until('the first bytes', () => stalled && Buffer.concat(stalled.chunks).length === 10)
  stalled.response.destroy(new Error('enough'))
  await assert.rejects(standing, /enough/)
  emulator.receiving = undefined
  assert.equal(await sizeOf(image), whole)
  assert.throws(() => planFault(emulator, { kind: 'file-cut', file: 'letter' }), RangeError)
  assert.throws(() => planFault(emulator, { kind: 'file-refused', code: 200 }), RangeError)
}))
