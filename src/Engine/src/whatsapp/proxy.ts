import type { Agent } from 'node:https'
import { connect as secure } from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { SocksClient } from 'socks'
import { SocksProxyAgent } from 'socks-proxy-agent'
import { Agent as Dispatching, type Dispatcher, ProxyAgent } from 'undici'
import { EngineError } from '../rpc/contract.js'

/** A number's own way out: for its socket and uploads, and for downloads, which are made by `fetch`. */
export interface WayOut {
  agent: Agent
  dispatcher: Dispatcher
}

export function through(proxy: string): WayOut {
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined
  switch (url?.protocol) {
    case 'http:':
    case 'https:':
      return { agent: new HttpsProxyAgent(url) as unknown as Agent, dispatcher: new ProxyAgent(url.href) }
    case 'socks5:':
    case 'socks5h:':
      return { agent: new SocksProxyAgent(url) as unknown as Agent, dispatcher: socksDispatcher(url) }
    default:
      throw new EngineError('rejected', 'The proxy is of no known kind.', 'invalid_proxy')
  }
}

function socksDispatcher(url: URL): Dispatcher {
  return new Dispatching({
    connect: ({ hostname, port, protocol, servername }, done) => {
      const target = Number(port) || (protocol === 'https:' ? 443 : 80)
      SocksClient.createConnection({
        command: 'connect',
        proxy: {
          host: url.hostname,
          port: Number(url.port) || 1080,
          type: 5,
          ...(url.username
            ? { userId: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
            : {}),
        },
        destination: { host: hostname, port: target },
      }).then(
        ({ socket }) => {
          if (protocol !== 'https:') {
            done(null, socket)
            return
          }
          const tls = secure({ socket, servername: servername ?? hostname, ALPNProtocols: ['http/1.1'] })
          tls.once('secureConnect', () => done(null, tls))
          tls.once('error', (error) => done(error, null))
        },
        (error: Error) => done(error, null))
    },
  })
}
