import assert from 'node:assert/strict'
import { createServer, get, type Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Proxy } from '#engine/rpc/contract.js'
import { directly, ProxyFault, through, type WayOut } from '#engine/whatsapp/proxy.js'
import { ConnectProxy, socksProxy } from '../testing/proxies.js'
import { until } from '../testing/until.js'

const limitMs = 20_000

describe('A way out', () => {
  let target: Server

  before(async () => {
    target = createServer(({ url }, response) => {
      if (url === '/half') {
        response.write('he')
      } else if (url !== '/silent') {
        response.end('hello')
      }
    })
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
  })

  after(() => {
    target.closeAllConnections()
    target.close()
  })

  const port = () => (target.address() as AddressInfo).port
  const at = (proxyPort: number, more: Partial<Proxy> = {}): Proxy =>
    ({ kind: 'http', host: 'proxy.invalid', port: proxyPort, addresses: ['127.0.0.1'], user: undefined, password: undefined, ...more })

  const read = (wayOut: WayOut) => new Promise<string>((resolve, reject) => {
    get({ host: '127.0.0.1', port: port(), agent: wayOut.agent }, (response) => {
      response.setEncoding('utf8').on('data', resolve)
    }).on('error', reject)
  })
  const fetched = async (wayOut: WayOut) =>
    (await fetch(`http://127.0.0.1:${port()}/`, { dispatcher: wayOut.dispatcher } as RequestInit)).text()

  test('goes by CONNECT, for sockets and for downloads, to the addresses that were found for its name', async () => {
    const proxy = await ConnectProxy.start()
    try {
      const wayOut = through(at(proxy.port, { user: 'anna', password: 'p@ss:word' }), limitMs)
      assert.equal(await read(wayOut), 'hello')
      assert.equal(await fetched(wayOut), 'hello')
      const asked = { target: `127.0.0.1:${port()}`, authorization: `Basic ${Buffer.from('anna:p@ss:word').toString('base64')}` }
      assert.deepEqual(proxy.asked, [asked, asked])
    } finally {
      proxy.stop()
    }
  })

  test('leads to no download that goes without a byte for long, with and without a proxy', async () => {
    const proxy = await ConnectProxy.start()
    try {
      for (const dispatcher of [directly(200), through(at(proxy.port), limitMs, 200).dispatcher]) {
        const code = (path: string) => fetch(`http://127.0.0.1:${port()}${path}`, { dispatcher } as RequestInit)
          .then((response) => response.text()).catch(({ cause }: { cause: { code: string } }) => cause.code)
        assert.deepEqual(await Promise.all(['/', '/silent', '/half'].map(code)), ['hello', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
      }
    } finally {
      proxy.stop()
    }
  })

  test('goes by SOCKS, for sockets and for downloads', async () => {
    const proxy = await socksProxy('anna', 'secret')
    try {
      const wayOut = through(at((proxy.address() as AddressInfo).port, { kind: 'socks5', user: 'anna', password: 'secret' }), limitMs)
      assert.equal(await read(wayOut), 'hello')
      assert.equal(await fetched(wayOut), 'hello')
      const stranger = through(at((proxy.address() as AddressInfo).port, { kind: 'socks5', user: 'anna', password: 'wrong' }), limitMs)
      await assert.rejects(read(stranger), (fault) => fault instanceof ProxyFault && fault.why === 'proxy_refused')
    } finally {
      proxy.close()
    }
  })

  test('says that it was refused, whatever the proxy answered', async () => {
    const proxy = await ConnectProxy.start()
    try {
      for (const status of [401, 403, 407, 502]) {
        proxy.status = status
        await assert.rejects(read(through(at(proxy.port), limitMs)), (fault) => fault instanceof ProxyFault && fault.why === 'proxy_refused')
      }
    } finally {
      proxy.stop()
    }
  })

  test('says that nobody is there', async () => {
    const proxy = await ConnectProxy.start()
    const gone = at(proxy.port)
    proxy.stop()
    for (const kind of ['http', 'https', 'socks5'] as const) {
      await assert.rejects(read(through({ ...gone, kind }, limitMs)), (fault) => fault instanceof ProxyFault && fault.why === 'proxy_unreachable')
    }
  })

  test('gives a proxy up that says nothing, and leaves no connection to it', async () => {
    let open = 0
    const silent = createNetServer((client) => {
      open++
      client.on('error', () => undefined)
      client.on('close', () => open--)
      client.resume()
    })
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    try {
      for (const kind of ['http', 'socks5'] as const) {
        const wayOut = through(at((silent.address() as AddressInfo).port, { kind }), 50)
        await assert.rejects(read(wayOut), (fault) => fault instanceof ProxyFault && fault.why === 'proxy_unreachable')
      }
      await until(() => open === 0, 'the connections are closed')
    } finally {
      silent.close()
    }
  })
})
