import { connect, type Socket } from 'node:net'
import {
  AbstractMessageReader, createMessageConnection, type DataCallback, type Disposable, Message, type MessageConnection, type ResponseMessage,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node.js'
import { errorCode } from './contract.js'

const frameLimit = 16 * 1024 * 1024
const headerLimit = 4 * 1024
const endOfHeader = Buffer.from('\r\n\r\n')

/** A notification without content that is heard as soon as it is here: the connection handles one message a turn, and hundreds may wait before it. */
export interface Urgent {
  method: string
  heard: () => void
}

/** Reads messages with a Content-Length header, and gives the connection up when one is larger than a frame may be. */
export class BoundedReader extends AbstractMessageReader {
  #chunks: Buffer[] = []
  #length = 0
  #wanted: number | undefined
  #callback: DataCallback = () => undefined

  constructor(private readonly socket: Socket, private readonly limit = frameLimit, private readonly urgent?: Urgent) {
    super()
    socket.on('error', (error) => this.fireError(error))
    socket.on('close', () => this.fireClose())
  }

  /** As if the other side had said it. */
  hear(message: Message): void {
    this.#callback(message)
  }

  listen(callback: DataCallback): Disposable {
    this.#callback = callback
    const onData = (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      try {
        for (let message = this.#next(); message; message = this.#next()) {
          if (this.urgent && 'method' in message && message.method === this.urgent.method) {
            this.urgent.heard()
          } else {
            callback(message)
          }
        }
      } catch (error) {
        this.fireError(error)
        this.socket.destroy()
      }
    }
    this.socket.on('data', onData)
    return { dispose: () => this.socket.off('data', onData) }
  }

  #next(): Message | undefined {
    if (this.#wanted === undefined) {
      const buffer = this.#joined()
      const end = buffer.indexOf(endOfHeader)
      if (end < 0) {
        if (this.#length > headerLimit) {
          throw new Error('The header has no end.')
        }
        return undefined
      }
      const length = /^content-length: *(\d+)\r?$/im.exec(buffer.toString('latin1', 0, end))?.[1]
      if (length === undefined || Number(length) > this.limit) {
        throw new Error('The frame has no length or is too large.')
      }
      this.#wanted = Number(length)
      this.#keep(buffer.subarray(end + endOfHeader.length))
    }
    if (this.#length < this.#wanted) {
      return undefined
    }
    const buffer = this.#joined()
    const body = buffer.toString('utf8', 0, this.#wanted)
    this.#keep(buffer.subarray(this.#wanted))
    this.#wanted = undefined
    return JSON.parse(body) as Message
  }

  #joined(): Buffer {
    if (this.#chunks.length !== 1) {
      this.#chunks = [Buffer.concat(this.#chunks)]
    }
    return this.#chunks[0] ?? Buffer.alloc(0)
  }

  #keep(rest: Buffer): void {
    this.#chunks = [rest]
    this.#length = rest.length
  }
}

/** A JSON-RPC connection over a Unix socket that somebody listens on. */
export async function connectTo(socketPath: string, urgent?: Urgent): Promise<MessageConnection> {
  const socket = connect(socketPath)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return overSocket(socket, urgent)
}

export function overSocket(socket: Socket, urgent?: Urgent): MessageConnection {
  const reader = new BoundedReader(socket, frameLimit, urgent)
  return createMessageConnection(reader, new BoundedWriter(socket, (refusal) => reader.hear(refusal)))
}

class TooLarge extends Error {}

/**
 * Writes no frame that is larger than one may be: the other side would end the connection, and with it everything that goes over it.
 * Such a question is refused here, in place of such an answer goes an error, and what nobody answers is lost.
 */
class BoundedWriter extends StreamMessageWriter {
  constructor(private readonly socket: Socket, private readonly refuse: (refusal: ResponseMessage) => void, limit = frameLimit) {
    super(socket, {
      contentTypeEncoder: {
        name: 'application/json',
        encode: async (message) => {
          const frame = Buffer.from(JSON.stringify(message))
          if (frame.length > limit) {
            throw new TooLarge()
          }
          return frame
        },
      },
    })
  }

  override async write(message: Message): Promise<void> {
    try {
      await super.write(message)
    } catch (error) {
      if (error instanceof TooLarge) {
        await this.#instead(message)
      } else if (!this.socket.destroyed) {
        // An answer that finds the socket gone is lost with it: the close that follows says all there is to say.
        throw error
      }
    }
  }

  async #instead(message: Message): Promise<void> {
    if (Message.isRequest(message)) {
      this.refuse(tooLarge(message.id))
    } else if (Message.isResponse(message)) {
      await this.write(tooLarge(message.id))
    }
  }
}

function tooLarge(id: ResponseMessage['id']): ResponseMessage {
  const error = { code: errorCode, message: 'The message is too large.', data: { error: 'rejected' } }
  return { jsonrpc: '2.0', id, error } as ResponseMessage
}
