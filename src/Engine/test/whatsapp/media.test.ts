import assert from 'node:assert/strict'
import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { getMediaKeys } from 'baileys'
import { Agent } from 'undici'
import { writeLocator } from '#engine/messages/locator.js'
import { fetchFile } from '#engine/whatsapp/media.js'
import { until } from '../testing/until.js'

const mediaKey = randomBytes(32)
const content = randomBytes(200_001)

async function encrypted(plain: Buffer): Promise<Buffer> {
  const { cipherKey, iv } = await getMediaKeys(mediaKey, 'document')
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  return Buffer.concat([cipher.update(plain), cipher.final(), Buffer.alloc(10, 7)])
}

describe('A file', () => {
  let folder: string
  let server: Server
  let ways: Agent
  let answer: RequestListener
  let asked: string[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lw-'))
    asked = []
    server = createServer((request, response) => {
      asked.push(`${request.headers.host}${request.url}`)
      answer(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    // Every host is this server, without encryption.
    ways = new Agent({
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
    await rm(folder, { recursive: true })
  })

  function fetched({ maxBytes = 1_000_000, signal = new AbortController().signal, host = 'media.whatsapp.net' } = {}) {
    const sha256 = createHash('sha256').update(content).digest()
    const locator = writeLocator({ kind: 'document', url: `https://${host}/file`, directPath: '/file', mediaKey, sha256 })
    return fetchFile(
      { locator, mimeType: 'application/pdf' }, join(folder, 'file'), { maxBytes, signal }, { dispatcher: ways } as unknown as RequestInit,
      async (name) => name.endsWith('.whatsapp.net'))
  }

  test('is fetched whole, from a host of the network whatever its sender named', async () => {
    const bytes = await encrypted(content)
    answer = (_, response) => {
      response.write(bytes.subarray(0, 1001))
      response.end(bytes.subarray(1001))
    }
    await fetched({ maxBytes: content.length })
    assert.ok((await readFile(join(folder, 'file'))).equals(content))
    await fetched({ host: 'elsewhere.example' })
    assert.deepEqual(await readdir(folder), ['file'])
    assert.deepEqual(asked, ['media.whatsapp.net/file', 'mmg.whatsapp.net/file'])
  })

  test('is not fetched from where a host of the network sends on to', async () => {
    answer = (_, response) => response.writeHead(302, { location: 'http://elsewhere.example/file' }).end()
    await assert.rejects(fetched(), { error: 'unavailable' })
    assert.deepEqual([...new Set(asked.map((each) => each.split('/')[0]))], ['media.whatsapp.net'])
  })

  test('that says that it is too large is not fetched', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': 2_000_000 }).flushHeaders()
    await assert.rejects(fetched(), { error: 'rejected', code: 'too_large' })
    assert.deepEqual(await readdir(folder), [])
  })

  test('that has no end is fetched up to the limit and no further', async () => {
    let isOver = false
    answer = (_, response) => {
      const more = () => {
        while (!isOver && response.write(Buffer.alloc(65_536))) {
          // until nobody takes any more
        }
      }
      response.on('drain', more).once('close', () => { isOver = true })
      more()
    }
    await assert.rejects(fetched(), { error: 'rejected', code: 'too_large' })
    assert.deepEqual(await readdir(folder), [])
    await until(() => isOver, 'the download ends')
  })

  test('that nobody waits for any more is given up', async () => {
    let isOver = false
    const giving = new AbortController()
    answer = (_, response) => {
      response.once('close', () => { isOver = true })
      response.write(Buffer.alloc(100_000))
    }
    const fetching = fetched({ signal: giving.signal })
    await until(async () => (await readdir(folder)).length > 0, 'the file begins')
    giving.abort()
    await assert.rejects(fetching, { error: 'unavailable' })
    assert.deepEqual(await readdir(folder), [])
    await until(() => isOver, 'the download ends')
  })

  test('whose connection breaks is not there, and nothing else is hurt', async () => {
    answer = (_, response) => {
      response.write(Buffer.alloc(100_000), () => response.destroy())
    }
    await assert.rejects(fetched(), { error: 'unavailable' })
    assert.deepEqual(await readdir(folder), [])
  })

  test('that is gone, or is not what its message says, is refused', async () => {
    answer = (_, response) => response.writeHead(410).end()
    await assert.rejects(fetched(), { error: 'gone' })
    answer = (_, response) => response.writeHead(500).end()
    await assert.rejects(fetched(), { error: 'unavailable' })
    const other = await encrypted(randomBytes(1000))
    answer = (_, response) => response.end(other)
    await assert.rejects(fetched(), { error: 'rejected' })
    assert.deepEqual(await readdir(folder), [])
  })
})
