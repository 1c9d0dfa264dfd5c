import { Agent as Tunnels, type AgentConnectOpts } from 'agent-base'
import { type ClientRequest, request as plainRequest } from 'node:http'
import { type Agent, request as secureRequest } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as secure, type ConnectionOptions } from 'node:tls'
import { SocksClient, type SocksClientOptions } from 'socks'
import { Agent as Dispatching, type Dispatcher } from 'undici'
import type { Proxy } from '../rpc/contract.js'

/** A number's own way out: for its socket and uploads, and for downloads, which are made by `fetch`. */
export interface WayOut {
  agent: Agent
  dispatcher: Dispatcher
}

/** The way out did not work; nothing of it came from the network. */
export class ProxyFault extends Error {
  constructor(readonly why: 'proxy_unreachable' | 'proxy_refused', message: string) {
    super(message)
    this.name = 'ProxyFault'
  }
}

/** How long a download may go without a byte. The library awaits some where whatever else comes for the number waits behind. */
const silenceMs = 10_000

type Dial = (host: string, port: number) => Promise<Socket>

/** For downloads of numbers without a proxy. */
export function directly(quietMs = silenceMs): Dispatcher {
  return new Dispatching({ connect: { timeout: quietMs }, headersTimeout: quietMs, bodyTimeout: quietMs })
}

/** @param limitMs How long the proxy may take to let a connection through. */
export function through(proxy: Proxy, limitMs: number, quietMs = silenceMs): WayOut {
  const dial: Dial = proxy.kind === 'socks5'
    ? (host, port) => overSocks(proxy, limitMs, host, port)
    : (host, port) => overConnect(proxy, limitMs, host, port)
  return { agent: new Tunnel(dial) as unknown as Agent, dispatcher: dispatcher(dial, limitMs, quietMs) }
}

class Tunnel extends Tunnels {
  constructor(private readonly dial: Dial) {
    super()
  }

  override async connect(_: ClientRequest, { host, port, ...options }: AgentConnectOpts): Promise<Socket> {
    const socket = await this.dial(host ?? '', port)
    return options.secureEndpoint ? secure({ ...options, ...named(host ?? ''), socket } as ConnectionOptions) : socket
  }
}

function dispatcher(dial: Dial, limitMs: number, quietMs: number): Dispatcher {
  return new Dispatching({
    headersTimeout: quietMs,
    bodyTimeout: quietMs,
    connect: ({ hostname, port, protocol, servername }, done) => {
      dial(hostname, Number(port) || (protocol === 'https:' ? 443 : 80)).then(
        (socket) => {
          if (protocol !== 'https:') {
            done(null, socket)
            return
          }
          const tls = secure({ ...named(servername ?? hostname), socket, ALPNProtocols: ['http/1.1'] })
          const late = setTimeout(() => tls.destroy(new Error('no answer in time')), limitMs)
          tls.once('secureConnect', () => {
            clearTimeout(late)
            done(null, tls)
          })
          tls.once('error', (error) => {
            clearTimeout(late)
            done(error, null)
          })
        },
        (error: Error) => done(error, null))
    },
  })
}

function overConnect({ kind, host, port, addresses, user, password }: Proxy, limitMs: number, target: string, targetPort: number): Promise<Socket> {
  const place = `${isIP(target) === 6 ? `[${target}]` : target}:${targetPort}`
  const authorization = user == null
    ? {}
    : { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` }
  return new Promise((resolve, reject) => {
    const asking = (kind === 'https' ? secureRequest : plainRequest)({
      method: 'CONNECT', host, port, path: place, headers: { host: place, ...authorization }, lookup: only(addresses), agent: false,
      ...(kind === 'https' ? named(host) : {}),
    })
    const late = setTimeout(() => asking.destroy(new Error('no answer in time')), limitMs)
    asking.once('connect', ({ statusCode }, socket, head) => {
      clearTimeout(late)
      if (statusCode === 200) {
        socket.unshift(head)
        resolve(socket)
      } else {
        socket.destroy()
        reject(new ProxyFault('proxy_refused', `the proxy answered ${statusCode}`))
      }
    })
    asking.once('error', (error) => {
      clearTimeout(late)
      reject(new ProxyFault('proxy_unreachable', error.message))
    })
    asking.end()
  })
}

async function overSocks({ host, port, addresses, user, password }: Proxy, limitMs: number, target: string, targetPort: number): Promise<Socket> {
  try {
    const { socket } = await SocksClient.createConnection({
      command: 'connect',
      proxy: { host, port, type: 5, ...(user == null ? {} : { userId: user, password: password ?? '' }) },
      destination: { host: target, port: targetPort },
      timeout: limitMs,
      socket_options: { lookup: only(addresses) } as SocksClientOptions['socket_options'],
    })
    return socket
  } catch (error) {
    const { message } = error as Error
    throw new ProxyFault(/authentication|rejected/i.test(message) ? 'proxy_refused' : 'proxy_unreachable', message)
  }
}

/** The silo looked the name up and says which of its addresses may be dialled. */
function only(addresses: string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_, { all }, done) => {
    if (all) {
      done(null, found)
    } else {
      done(null, found[0]?.address ?? '', found[0]?.family)
    }
  }
}

function named(host: string): { servername?: string } {
  return isIP(host) ? {} : { servername: host }
}
