import assert from 'node:assert/strict'
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { downloadContentFromMessage, downloadExternalBlob, downloadHistory, getMediaKeys, proto } from 'baileys'
import { setTimeout as pause } from 'node:timers/promises'
import { deflateSync } from 'node:zlib'
import { Agent } from 'undici'
import { type HistoryPart, HistoryParts } from '#engine/whatsapp/historyParts.js'
import { boundInflating, isInflatable } from '#engine/whatsapp/inflating.js'
import { Readings } from '#engine/whatsapp/readings.js'
import { fetchWholeFiles, WholeFiles } from '#engine/whatsapp/wholeFiles.js'
import { until } from '../testing/until.js'

const { RECENT } = proto.HistorySync.HistorySyncType
const mediaKey = randomBytes(32)
const directPath = '/v/part.enc?ccb=1'
const history = proto.HistorySync.encode({ syncType: RECENT, progress: 40, chunkOrder: 1 }).finish()
const limits = { most: 1_000_000, limitMs: 5_000, tries: 1, pauseMs: 5 }

async function encrypted(plain: Uint8Array, kind: 'md-msg-hist' | 'md-app-state'): Promise<Buffer> {
  const { cipherKey, iv, macKey } = await getMediaKeys(mediaKey, kind)
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([sealed, createHmac('sha256', macKey as Uint8Array).update(iv).update(sealed).digest().subarray(0, 10)])
}

fetchWholeFiles()
boundInflating(1_000_000)

/** As the library does when our own phone tells of a part. */
function announce(parts: HistoryParts, part: HistoryPart): void {
  parts.told({ messages: [{ key: { fromMe: true, id: 'M' }, message: { protocolMessage: { historySyncNotification: part } } }] })
  assert.equal(parts.shouldRead(part), true)
}

describe('A file that the library asks for', () => {
  const content = randomBytes(200_001)
  let server: Server
  let ways: Agent
  let bytes: Buffer
  let answers: RequestListener[]
  let asked: number
  let lost: (HistoryPart | undefined)[]
  let parts: HistoryParts
  let uncaught: unknown[]
  const note = (error: unknown) => void uncaught.push(error)

  beforeEach(async () => {
    bytes = await encrypted(content, 'md-app-state')
    answers = []
    asked = 0
    lost = []
    parts = new HistoryParts((each) => lost.push(each))
    uncaught = []
    process.on('uncaughtException', note)
    server = createServer((request, response) => {
      (answers[asked++] ?? answers.at(-1) ?? whole)(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    // Every host is this server, without encryption.
    ways = new Agent({
      bodyTimeout: 100,
      connect: (_, done) => {
        const socket = connect(port, '127.0.0.1')
        socket.once('connect', () => done(null, socket))
        socket.once('error', (error) => done(error, null))
      },
    })
  })

  afterEach(async () => {
    await ways.destroy()
    server.closeAllConnections()
    server.close()
    // What nobody listens for is told in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('uncaughtException', note)
    assert.deepEqual(uncaught, [], 'nothing was left that nobody listens for')
  })

  const half = () => bytes.subarray(0, bytes.length / 2)
  const whole: RequestListener = (_, response) => response.end(bytes)
  const cut: RequestListener = (_, response) => response.writeHead(200, { 'content-length': bytes.length }).write(half(), () => response.destroy())
  const stalls: RequestListener = (_, response) => response.writeHead(200, { 'content-length': bytes.length }).write(half())

  const files = (more: Partial<typeof limits> = {}, part: Partial<typeof limits> = {}, turns = new Readings(), followed = parts) =>
    new WholeFiles(ways, followed, () => lost.push(undefined), { ofAppState: { ...limits, ...more }, ofHistory: { ...limits, ...part } }, turns)
  const options = (dispatcher: unknown) => ({ dispatcher }) as RequestInit
  const blob = (from: WholeFiles) => downloadExternalBlob({ mediaKey, directPath }, options(from))

  test('comes as it is', async () => {
    answers = [(_, response) => response.write(bytes.subarray(0, 1001), () => response.end(bytes.subarray(1001)))]
    assert.ok((await blob(files())).equals(content))
    assert.deepEqual([asked, lost], [1, []])
  })

  for (const [what, answer, message] of [
    ['breaks off', cut, /broke off: UND_ERR_SOCKET/],
    ['stands still', stalls, /broke off: UND_ERR_BODY_TIMEOUT/],
    ['is not there', (_, response) => response.writeHead(404).end('no'), /not served: 404/],
    ['is said to be elsewhere', (_, response) => response.writeHead(302, { location: 'https://mmg.whatsapp.net/y' }).end(), /not served: 302/],
    ['is refused for now', (_, response) => response.writeHead(503).end('no'), /not served: 503/],
    ['has nothing in it', (_, response) => response.end(), /not whole/],
    ['is answered without a body', (_, response) => response.writeHead(204).end(), /not served: 204/],
    ['ends early without having said how long it is', (_, response) => response.end(bytes.subarray(0, 100_001)), /not whole/],
    ['says that it is too large', (_, response) => response.writeHead(200, { 'content-length': 2_000_000 }).flushHeaders(), /too large/],
  ] as [string, RequestListener, RegExp][]) {
    test(`and that ${what} fails where it asks, and is said to be lost`, async () => {
      answers = [answer]
      await assert.rejects(blob(files()), message)
      assert.deepEqual(lost, [undefined])
    })
  }

  for (const elsewhere of ['.other.example/x', ':8443/x', '@other.example/x']) {
    test(`and that ${elsewhere} would fetch from somebody else is asked of nobody`, async () => {
      await assert.rejects(downloadExternalBlob({ mediaKey, directPath: elsewhere }, options(files())), /not at the media servers/)
      assert.deepEqual([asked, lost], [0, [undefined]])
    })
  }

  test('and that came inside its message may have no more in it than a part of the history ever has', () => {
    assert.ok(isInflatable(deflateSync(Buffer.alloc(1_000_000))))
    assert.ok(!isInflatable(deflateSync(Buffer.alloc(17 * 1024 * 1024))))
    assert.ok(!isInflatable(Buffer.from('no history')))
  })

  test('and that has no end is read up to the limit and no further', async () => {
    let isOver = false
    answers = [(_, response) => {
      const more = () => {
        while (!isOver && response.write(Buffer.alloc(65_536))) {
          // until nobody takes any more
        }
      }
      response.on('drain', more).once('close', () => { isOver = true })
      more()
    }]
    await assert.rejects(blob(files({ tries: 3 })), /too large/)
    await until(() => isOver, 'the download ends')
    assert.equal(asked, 1, 'it is not asked for again')
  })

  test('and that comes too slowly is given up, whatever comes of it', async () => {
    answers = [(_, response) => {
      const drip = setInterval(() => response.write('x'), 10)
      response.once('close', () => clearInterval(drip))
    }]
    await assert.rejects(blob(files({ limitMs: 300, tries: 3 })), /took too long/)
    assert.equal(asked, 1)
  })

  test('and that comes whole without being what it should be fails where it is read', async () => {
    const spoilt = Buffer.from(bytes)
    spoilt.writeUInt8(spoilt.readUInt8(bytes.length - 27) ^ 0x80, bytes.length - 27)   // what it says of its padding
    answers = [(_, response) => response.end(spoilt)]
    await assert.rejects(blob(files({ tries: 3 })), /bad decrypt/)
    assert.deepEqual([asked, lost], [1, []])
  })

  test('is asked for again when that may help, and not more often than it may be', async () => {
    answers = [cut, (_, response) => response.writeHead(503).end(), whole]
    assert.ok((await blob(files({ tries: 3 }))).equals(content))
    assert.deepEqual([asked, lost], [3, []])
    answers = [cut]
    await assert.rejects(blob(files({ tries: 3 })), /broke off/)
    assert.equal(asked, 6)
    answers = [(_, response) => response.writeHead(410).end()]
    await assert.rejects(blob(files({ tries: 3 })), /not served: 410/)
    assert.equal(asked, 7)
  })

  test('is given up when the connection is over, and lost by that', async () => {
    const from = files()
    answers = [(_, response) => {
      response.write('x')
      from.end()
    }]
    await assert.rejects(blob(from), /connection is over/)
    await assert.rejects(blob(from), /connection is over/)
    assert.deepEqual([asked, lost], [1, [undefined, undefined]])
  })

  test('and that is a part of the history is named when it is lost, and has to be what the phone wrote', async () => {
    bytes = await encrypted(deflateSync(history), 'md-msg-hist')
    const part = { mediaKey, directPath, fileEncSha256: createHash('sha256').update(bytes).digest(), syncType: RECENT }
    const get = async (answer: RequestListener[]) => {
      answers = answer
      asked = 0
      const from = files({}, { tries: 2 })
      announce(parts, part)
      return await downloadHistory(part, options(from))
    }
    assert.equal((await get([cut, whole])).progress, 40)
    assert.deepEqual([asked, lost], [2, []])
    await assert.rejects(get([(_, response) => response.end(Buffer.alloc(bytes.length))]), /not whole/)
    assert.deepEqual([asked, lost], [2, [part]])
  })

  describe('for the history', () => {
    const read = async (from: WholeFiles, followed = parts) => {
      const part = { mediaKey, directPath, fileEncSha256: createHash('sha256').update(bytes).digest(), syncType: RECENT }
      announce(followed, part)
      return await downloadHistory(part, options(from))
    }

    beforeEach(async () => {
      bytes = await encrypted(deflateSync(history), 'md-msg-hist')
    })

    test('is tried but once after another one that did not come, and as often as before after one that did', async () => {
      const from = files({}, { tries: 3 })
      answers = [cut, cut, cut, cut, whole, cut, whole]
      await assert.rejects(read(from), /broke off/)
      assert.equal(asked, 3)
      await assert.rejects(read(from), /broke off/)
      assert.equal(asked, 4)
      await read(from)
      assert.equal(asked, 5)
      await read(from)
      assert.equal(asked, 7)
    })

    test('is read when there is room, and gives the room back when it was read, failed, or is over', async () => {
      let came = 0
      const turns = new class extends Readings {
        override async enter(length: number, over: AbortSignal) {
          came++
          return await super.enter(length, over)
        }
      }({ most: bytes.length, mostWaiting: 1_000_000, waitMs: 600_000 })
      const others = new HistoryParts(() => undefined)
      for (const [times, ends] of [() => parts.read({ syncType: RECENT }), () => parts.failed("<message id='M'/>", Object.assign(new Error(), { code: 'Z_DATA_ERROR' })), () => parts.end()].entries()) {
        const [one, other] = [files({}, {}, turns), files({}, {}, turns, others)]
        await read(one)
        let isRead = false
        const reading = read(other, others).then(() => { isRead = true })
        await until(() => came === 2 * (times + 1), 'the other one is here')
        await pause(50)
        assert.equal(isRead, false)
        ends()
        await reading
        others.end()
      }
    })

    test('is lost when there is no room for it in time, or when the connection is over before', async () => {
      const turns = new Readings({ most: bytes.length, mostWaiting: 1_000_000, waitMs: 100 })
      await read(files({}, {}, turns))
      const others = new HistoryParts((each) => lost.push(each))
      await assert.rejects(read(files({}, {}, turns, others), others), /other numbers/)
      assert.equal(lost.length, 1)

      const patient = new Readings({ most: bytes.length, mostWaiting: 1_000_000, waitMs: 600_000 })
      await read(files({}, {}, patient))
      const from = files({}, {}, patient, others)
      const reading = read(from, others)
      await until(() => asked === 4, 'it was asked for')
      from.end()
      await assert.rejects(reading, /connection is over/)
      assert.equal(lost.length, 2)
    })
  })

  test('and that has more in it than may be is not read to its end', async () => {
    const read = async (plain: Buffer) => {
      bytes = await encrypted(deflateSync(plain), 'md-msg-hist')
      return await downloadHistory({ mediaKey, directPath }, options(files()))
    }
    // The name of a chat, of so many bytes.
    const named = (length: number) => Buffer.from(proto.HistorySync.encode({ syncType: 0, conversations: [{ id: 'a', name: 'x'.repeat(length) }] }).finish())
    assert.equal((await read(named(999_000))).conversations.length, 1)
    await assert.rejects(read(named(20_000_000)), /too large/)
    assert.equal((await read(named(10))).conversations.length, 1)
  })

  test('is not mistaken for another download, which may go on without an end', async () => {
    const stream = await downloadContentFromMessage({ mediaKey, directPath }, 'md-app-state', { options: options(ways) })
    const chunks: Buffer[] = []
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer)
    }
    assert.ok(Buffer.concat(chunks).equals(content))
  })
})
