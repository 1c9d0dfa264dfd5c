import { deflateSync } from 'node:zlib'
import { decodeBinaryNode, encodeBinaryNode, NOISE_WA_HEADER, proto } from 'baileys'
import { frame, FrameReader } from './frames.js'
import { NoiseHandshake } from './noise.js'
import { outline, SERVER, stanza } from './stanza.js'

const ANSWER_TIMEOUT_MS = 20_000

/** One client on one socket: handshake, frames and stanzas, in order. What a stanza means is decided elsewhere. */
export class Connection {
  /** Set by the login; a connection without a device is one that wants to be linked. */
  device
  /** What the record has of it, from the login on. */
  row
  registration
  /** Whether the backlog was written, so that new stanzas may be. */
  isLive = false
  /** Whether the client is shown as online. */
  isAvailable = false
  /** How much was waiting at the login, and how much of it the client takes at once. */
  backlog = 0
  batch = 0
  #socket
  #server
  #reader = new FrameReader()
  #handshake
  #fromClient
  #toClient
  #work = Promise.resolve()
  #answers = new Map()
  #isFrozen = false
  #isReplaced = false

  constructor(socket, server) {
    this.#socket = socket
    this.#server = server
    socket.on('message', data => this.#inOrder(() => this.#receive(data)))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => this.#closed())
  }

  get name() {
    return this.device?.jid ?? 'a client that is not linked'
  }

  get isOpen() {
    return this.#socket.readyState === this.#socket.OPEN
  }

  send(node) {
    if (this.#isFrozen || !this.isOpen || !this.#toClient) return
    this.#socket.send(frame(this.#toClient.encrypt(this.#encode(node))))
  }

  // The first byte says whether the rest is compressed.
  #encode(node) {
    const plain = encodeBinaryNode(node)
    return plain.length > this.#server.faults.compressOver ? Buffer.concat([Buffer.of(2), deflateSync(plain.subarray(1))]) : plain
  }

  /** Sends a request and waits for its answer. */
  request(node) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(node.attrs.id, { error: new Error(`no answer to ${outline(node)}`) }), ANSWER_TIMEOUT_MS)
      this.#answers.set(node.attrs.id, { resolve, reject, timer })
      this.send(node)
    })
  }

  /** Gives an answer to whoever asked; false when nobody did. */
  answer(node) {
    return this.#settle(node.attrs.id, { node })
  }

  /** Says goodbye with a last stanza, if there is one, and closes. */
  close(last) {
    if (last) this.send(last)
    this.#socket.close()
  }

  /** Another one of its device logged in: this one is told so, and nobody reads what still comes over it. */
  replace() {
    this.#isReplaced = true
    this.#server.record.ended(this.row, 'replaced')
    this.close(stanza('stream:error', {}, [stanza('conflict', { type: 'replaced' })]))
  }

  /** The line goes dead without a word. */
  drop = () => this.#socket.terminate()

  /** The socket stays open, and nothing passes through it any more. */
  freeze() {
    this.#isFrozen = true
    this.#socket.pause()
  }

  fail(reason, attrs = {}) {
    this.close(stanza('failure', { reason, location: 'lla', ...attrs }))
  }

  streamError(code, content) {
    this.close(stanza('stream:error', { code }, content))
  }

  #inOrder(step) {
    this.#work = this.#work.then(step).catch(error => {
      this.#server.record.problem(this.name, `connection closed: ${error.message}`)
      this.#socket.terminate()
    })
  }

  async #receive(data) {
    for (const { intro, frame: body } of this.#reader.push(Buffer.from(data))) {
      if (intro) this.#begin(intro)
      else if (this.#isReplaced) return
      else if (this.#fromClient) await this.#server.receive(this, await decodeBinaryNode(this.#fromClient.decrypt(body)))
      else this.#shakeHands(proto.HandshakeMessage.decode(body))
    }
  }

  #begin(intro) {
    if (!intro.equals(NOISE_WA_HEADER)) throw new Error(`an intro of ${intro.toString('hex')}`)
    const { staticKey, chain } = this.#server.certificates
    this.#handshake = new NoiseHandshake({ staticKey, certificate: chain, prologue: intro })
  }

  #shakeHands({ clientHello, clientFinish }) {
    if (clientHello) {
      this.#socket.send(frame(this.#handshake.hello(clientHello)))
      return
    }
    if (!clientFinish) throw new Error('a handshake message without hello or finish')
    const { noiseKey, payload, fromClient, toClient } = this.#handshake.finish(clientFinish)
    this.#fromClient = fromClient
    this.#toClient = toClient
    this.#server.introduce(this, { noiseKey, payload })
  }

  #settle(id, { node, error }) {
    const waiting = this.#answers.get(id)
    if (!waiting) return false
    this.#answers.delete(id)
    clearTimeout(waiting.timer)
    if (node) waiting.resolve(node)
    else waiting.reject(error)
    return true
  }

  #closed() {
    this.isLive = false
    if (this.row) this.#server.record.ended(this.row, 'closed')
    for (const id of [...this.#answers.keys()]) this.#settle(id, { error: new Error('the connection closed') })
    this.#server.disconnected(this)
  }
}

export const result = (request, content) => stanza('iq', { id: request.attrs.id, type: 'result', from: SERVER }, content)

export const refusal = (request, code, text) =>
  stanza('iq', { id: request.attrs.id, type: 'error', from: SERVER }, [stanza('error', { code, text })])
