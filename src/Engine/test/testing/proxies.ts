import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from 'node:net'

/** A proxy in the test's hands, by the CONNECT method. It lets everything through until `status` says otherwise. */
export class ConnectProxy {
  readonly asked: { target: string; authorization: string | undefined }[] = []
  status = 200
  readonly #server: Server

  private constructor() {
    this.#server = createHttpServer().on('connect', (request: IncomingMessage, client: Socket) => this.#connect(request, client))
  }

  static async start(): Promise<ConnectProxy> {
    const proxy = new ConnectProxy()
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #connect({ url = '', headers }: IncomingMessage, client: Socket): void {
    this.asked.push({ target: url, authorization: headers['proxy-authorization'] })
    client.on('error', () => undefined)
    if (this.status !== 200) {
      client.end(`HTTP/1.1 ${this.status} No\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const [name, port] = url.split(':')
    const upstream = connect(Number(port), name, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('close', () => upstream.destroy())
  }
}

/** A SOCKS5 proxy that asks for a name and a password, and knows one pair. */
export async function socksProxy(user: string, password: string): Promise<NetServer> {
  const server = createServer((client) => {
    client.on('error', () => undefined)
    client.once('data', () => {
      client.write(Buffer.from([5, 2]))
      client.once('data', (given) => {
        const name = given.subarray(2, 2 + (given[1] ?? 0)).toString()
        const known = name === user && given.subarray(3 + name.length).toString() === password
        client.write(Buffer.from([1, known ? 0 : 1]))
        client.once('data', (asked) => {
          const length = asked[3] === 3 ? asked[4] ?? 0 : 0
          const host = asked[3] === 1 ? asked.subarray(4, 8).join('.') : asked.subarray(5, 5 + length).toString()
          const upstream = connect(asked.readUInt16BE(asked.length - 2), host, () => {
            client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
            upstream.pipe(client).pipe(upstream)
          })
          upstream.on('error', () => client.destroy())
          client.on('close', () => upstream.destroy())
        })
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
