import { execFile } from 'node:child_process'
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { access, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { getMediaKeys } from 'baileys'

const MAX_FILE = 64 * 1024 * 1024
const MAX_KEPT = 256 * 1024 * 1024
const MAC_LENGTH = 10
const UPLOAD = /^\/(?:mms|product|pps)\/([a-z-]+)\/([\w-]{43}=?)$/

/** The server's store of encrypted files, over https with a certificate of its own that nobody else trusts. */
export class Media {
  #ids
  #record
  #faults
  #files = new Map()
  #size = 0
  #server
  #caFile
  #auth
  #port = 0

  constructor({ ids, record, faults }) {
    this.#ids = ids
    this.#record = record
    this.#faults = faults
    this.#auth = ids.text(16)
  }

  /** On any port, unless it was restored: what messages say of files names the port. */
  async start(directory) {
    const { key, cert, caFile } = await openTls(directory)
    this.#caFile = caFile
    this.#server = createServer({ key, cert }, (request, response) => this.#handle(request, response))
    await new Promise((resolve, reject) => this.#server.listen(this.#port, '127.0.0.1', resolve).once('error', reject))
  }

  async stop() {
    this.#server?.closeAllConnections()
    await new Promise(resolve => this.#server ? this.#server.close(resolve) : resolve())
  }

  save() {
    return { files: this.#files, size: this.#size, auth: this.#auth, port: this.#server.address().port }
  }

  restore({ files, size, auth, port }) {
    this.#files = files
    this.#size = size
    this.#auth = auth
    this.#port = port
  }

  /** Where it is, and the file for NODE_EXTRA_CA_CERTS of whoever is to trust it. */
  get description() {
    return this.#server ? { host: this.host, ca: this.#caFile } : undefined
  }

  get host() {
    return `localhost:${this.#server.address().port}`
  }

  get auth() {
    return this.#auth
  }

  /** Encrypts a file as the phone of an account does and keeps it; returns what a message says of it. */
  async add(kind, plain, owner) {
    if (!this.#server) throw new RangeError('this server was started without media')
    const mediaKey = this.#ids.bytes(32)
    const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, kind)
    const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
    const body = Buffer.concat([sealed, mac(macKey, iv, sealed)])
    const fileEncSha256 = sha256(body)
    const path = `/o1/${fileEncSha256.toString('base64url')}.enc`
    this.#keep(path, { body, kind, owner: owner.phone })
    return { url: `https://${this.host}${path}`, directPath: path, mediaKey, fileSha256: sha256(plain), fileEncSha256, fileLength: plain.length }
  }

  /** Fetches and opens a file that a message tells of, and checks every promise of the message. */
  async open(kind, { directPath, mediaKey, fileSha256, fileEncSha256, fileLength }) {
    const { body } = this.#files.get(directPath) ?? {}
    if (!body) throw new RangeError(`no file at ${directPath}`)
    const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, kind)
    const sealed = body.subarray(0, -MAC_LENGTH)
    if (!sha256(body).equals(fileEncSha256)) throw new Error('the file has another encrypted hash than its message says')
    if (!mac(macKey, iv, sealed).equals(body.subarray(-MAC_LENGTH))) throw new Error('the file has a wrong mac')
    const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
    const plain = Buffer.concat([decipher.update(sealed), decipher.final()])
    if (!sha256(plain).equals(fileSha256)) throw new Error('the file has another hash than its message says')
    if (Number(fileLength) !== plain.length) throw new Error('the file has another length than its message says')
    return plain
  }

  async #handle(request, response) {
    const url = new URL(request.url, `https://${this.host}`)
    const file = request.method === 'GET' ? this.#files.get(url.pathname) : undefined
    this.#record.fileAsked({ method: request.method, kind: file?.kind ?? UPLOAD.exec(decodeURIComponent(url.pathname))?.[1] ?? null, port: request.socket.remotePort })
    if (file) {
      this.#serve(file, response)
    } else if (request.method === 'POST') {
      await this.#upload(request, response, url)
    } else {
      response.writeHead(404).end()
    }
  }

  #serve({ body, kind, owner }, response) {
    const fault = this.#faults.take('file', owner, about => about === kind)
    if (fault?.kind === 'refused') {
      response.writeHead(fault.code).end()
      return
    }
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length })
    if (!fault) response.end(body)
    else response.write(body.subarray(0, Math.min(fault.after, body.length - 1)), () => fault.kind === 'cut' && response.destroy())
  }

  async #upload(request, response, url) {
    const [, kind, name] = UPLOAD.exec(decodeURIComponent(url.pathname)) ?? []
    const body = await read(request)
    const flaw = !name ? 'to an unknown path'
      : url.searchParams.get('auth') !== this.#auth ? 'without the right auth'
        : !body ? `of more than ${MAX_FILE} bytes`
          : sha256(body).toString('base64url') !== name.replace('=', '') ? 'with another hash than its name'
            : undefined
    if (flaw) {
      this.#record.problem('media', `an upload ${flaw}: ${url.pathname}`)
      response.writeHead(400).end()
      return
    }
    const path = `/o1/${name.replace('=', '')}.enc`
    this.#keep(path, { body, kind })
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ url: `https://${this.host}${path}`, direct_path: path }))
  }

  #keep(path, file) {
    this.#size += file.body.length - (this.#files.get(path)?.body.length ?? 0)
    this.#files.set(path, file)
    for (const [oldest, { body }] of this.#files) {
      if (this.#size <= MAX_KEPT || oldest === path) break
      this.#files.delete(oldest)
      this.#size -= body.length
    }
  }
}

const sha256 = data => createHash('sha256').update(data).digest()
const mac = (key, iv, sealed) => createHmac('sha256', key).update(iv).update(sealed).digest().subarray(0, MAC_LENGTH)

async function read(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size <= MAX_FILE) chunks.push(chunk)
  }
  return size <= MAX_FILE ? Buffer.concat(chunks) : undefined
}

/** The certificate of this directory; a host that trusts its authority goes on doing so when this server starts again. */
async function openTls(directory) {
  const file = name => join(directory, name)
  const exists = await access(file('server.pem')).then(() => true, () => false)
  if (!exists) await createTls(file)
  const [key, cert] = await Promise.all([readFile(file('server.key')), readFile(file('server.pem'))])
  return { key, cert, caFile: file('ca.pem') }
}

/** A certification authority for this directory only, and a certificate for localhost from it. */
async function createTls(file) {
  const openssl = (...args) => promisify(execFile)('openssl', args)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256']
  await openssl('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=WhatsApp emulator', '-keyout', file('ca.key'), '-out', file('ca.pem'))
  await openssl('req', ...newKey, '-subj', '/CN=localhost', '-keyout', file('server.key'), '-out', file('server.csr'))
  await writeFile(file('server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  await openssl('x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial',
    '-days', '2', '-sha256', '-extfile', file('server.ext'), '-out', file('server.pem'))
}
