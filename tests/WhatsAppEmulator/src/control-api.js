import { createServer } from 'node:http'
import { planFault } from './plan-fault.js'

const MAX_BODY = 4 * 1024 * 1024

/** What a test in another process may ask of the server. A refusal is a 400 or 404 with a sentence; a success without a word is `{}`. */
const ROUTES = [
  ['POST', '/accounts', (emulator, _, body) => {
    const { account } = emulator.addPhone(body)
    return { phone: account.phone, name: account.name, jid: account.jid, lid: account.lidJid }
  }],
  ['GET', '/accounts/:phone', (emulator, [phone]) => describe(emulator.phone(phone))],
  ['POST', '/accounts/:phone/scan', async (emulator, [phone], { qr }) => ({ device: (await emulator.phone(phone).scan(text(qr, 'qr'))).jid })],
  ['POST', '/accounts/:phone/code', async (emulator, [phone], { code }) => ({ device: (await emulator.phone(phone).enterCode(text(code, 'code'))).jid })],
  ['POST', '/accounts/:phone/say', async (emulator, [phone], { to, text: words, id, unavailable, cipher }) =>
    ({ id: await emulator.phone(phone).say(addressIn(emulator, to), text(words, 'text'), { id, unavailable, cipher }) })],
  ['POST', '/accounts/:phone/react', async (emulator, [phone], { to, target, emoji }) =>
    ({ id: await emulator.phone(phone).react(addressIn(emulator, to), target, emoji) })],
  ['POST', '/accounts/:phone/reply', async (emulator, [phone], { to, target, text: words }) =>
    ({ id: await emulator.phone(phone).reply(addressIn(emulator, to), target, text(words, 'text')) })],
  ['POST', '/accounts/:phone/edit', async (emulator, [phone], { to, id, text: words, hidden }) =>
    ({ id: await emulator.phone(phone).edit(addressIn(emulator, to), text(id, 'id'), text(words, 'text'), { hidden }) })],
  ['POST', '/accounts/:phone/revoke', async (emulator, [phone], { to, id, author, hidden }) =>
    ({ id: await emulator.phone(phone).revoke(addressIn(emulator, to), text(id, 'id'), { author, hidden }) })],
  ['POST', '/accounts/:phone/send-file', async (emulator, [phone], { to, base64, ...file }) =>
    ({ id: await emulator.phone(phone).sendFile(addressIn(emulator, to), { ...file, content: Buffer.from(text(base64, 'base64'), 'base64') }) })],
  ['POST', '/accounts/:phone/send', async (emulator, [phone], { to, base64, message, id }) => ({
    id: message
      ? await emulator.phone(phone).sendDescribed(addressIn(emulator, to), message, { id })
      : await emulator.phone(phone).sendEncoded(addressIn(emulator, to), Buffer.from(text(base64, 'base64'), 'base64'), { id })
  })],
  ['POST', '/accounts/:phone/ask-again', (emulator, [phone], { id, count }) => emulator.phone(phone).askAgain(text(id, 'id'), count)],
  ['GET', '/accounts/:phone/files/:id', async (emulator, [phone, id]) => ({ base64: (await emulator.phone(phone).fetchFile(id)).toString('base64') })],
  ['POST', '/accounts/:phone/read', (emulator, [phone], { to, ids, author }) =>
    emulator.phone(phone).read(addressIn(emulator, to), ids, author && emulator.phone(author).account.lidJid)],
  ['POST', '/accounts/:phone/type', (emulator, [phone], { to, state }) => emulator.phone(phone).type(addressIn(emulator, to), state)],
  ['POST', '/accounts/:phone/garble', (emulator, [phone], { count = 1, again = 0 }) => {
    Object.assign(emulator.phone(phone), { garbles: count, garblesAgain: again })
  }],
  ['POST', '/accounts/:phone/power', (emulator, [phone], { on }) => emulator.phone(phone).turn(on === true)],
  ['POST', '/accounts/:phone/forget-sessions', (emulator, [phone], { of }) => emulator.phone(phone).forgetSessions(emulator.phone(of).account)],
  ['POST', '/accounts/:phone/history', (emulator, [phone], { chat, name, messages, bootstrap }) => {
    const owner = emulator.phone(phone)
    if (bootstrap !== undefined) owner.bootstrapPerChat = bootstrap
    if (messages) owner.history.add(addressIn(emulator, chat), messages, name)
  }],
  ['POST', '/accounts/:phone/inline', (emulator, [phone], { upTo }) => {
    if (!Number.isInteger(upTo) || upTo < 0) throw new RangeError('upTo: a whole number')
    emulator.phone(phone).inlineUpTo = upTo
  }],
  ['POST', '/accounts/:phone/contacts', (emulator, [phone], { of, name }) => emulator.phone(phone).saveContact(emulator.phone(of), text(name, 'name'))],
  ['POST', '/accounts/:phone/give-token', (emulator, [phone], { to }) => emulator.phone(phone).giveToken(emulator.phone(to))],
  ['POST', '/accounts/:phone/rename', (emulator, [phone], { name }) => emulator.phone(phone).rename(text(name, 'name'))],
  ['POST', '/accounts/:phone/reveal-lid', (emulator, [phone]) => { emulator.phone(phone).account.lidKnown = true }],
  ['POST', '/accounts/:phone/unlink', (emulator, [phone]) => emulator.phone(phone).unlink()],
  ['POST', '/accounts/:phone/lists', (emulator, [phone], { members }) => emulator.phone(phone).createList(members.map(member => emulator.phone(member)))],
  ['GET', '/accounts/:phone/inbox', (emulator, [phone]) => emulator.phone(phone).inbox],
  ['GET', '/accounts/:phone/receipts', (emulator, [phone]) => emulator.phone(phone).receipts],
  ['POST', '/groups', (emulator, _, { creator, subject, members }) => ({
    jid: emulator.phone(creator).createGroup(text(subject, 'subject'), members.map(member => emulator.phone(member))).jid
  })],
  ['POST', '/groups/:jid/add', (emulator, [jid], change) => changeGroup(emulator, jid, 'add', change)],
  ['POST', '/groups/:jid/remove', (emulator, [jid], change) => changeGroup(emulator, jid, 'remove', change)],
  ['POST', '/groups/:jid/promote', (emulator, [jid], change) => changeGroup(emulator, jid, 'promote', change)],
  ['POST', '/groups/:jid/demote', (emulator, [jid], change) => changeGroup(emulator, jid, 'demote', change)],
  ['POST', '/drop', (emulator, _, { phone }) => emulator.connectionsOf(text(phone, 'phone')).forEach(connection => connection.drop())],
  ['POST', '/faults', (emulator, _, fault) => planFault(emulator, fault)],
  ['DELETE', '/faults', emulator => emulator.faults.clear()],
  ['GET', '/record', emulator => emulator.record.messages],
  ['GET', '/connections', emulator => emulator.record.connections],
  ['GET', '/log-ins', emulator => emulator.record.logIns],
  ['GET', '/tokens', emulator => emulator.record.tokens],
  ['GET', '/online', emulator => emulator.record.online],
  ['GET', '/files-asked', emulator => emulator.record.filesAsked],
  ['GET', '/chatstates', emulator => emulator.record.chatstates],
  ['GET', '/problems', emulator => emulator.record.problems]
].map(([method, path, act]) => ({ method, parts: path.split('/'), act }))

export class ControlApi {
  #emulator
  #stop
  #server = createServer((request, response) => this.#handle(request, response))

  constructor(emulator, stop) {
    this.#emulator = emulator
    this.#stop = stop
  }

  async start(port) {
    await new Promise((resolve, reject) => this.#server.listen(port, '127.0.0.1', resolve).once('error', reject))
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`
  }

  async stop() {
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #handle(request, response) {
    const { status, body } = await this.#answer(request)
    // No kept connection: a test driver would race with its end.
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body))
  }

  async #answer(request) {
    if (request.method === 'POST' && request.url === '/stop') {
      setImmediate(this.#stop)
      return { status: 200, body: {} }
    }
    const { act, values } = find(request) ?? {}
    if (!act) return { status: 404, body: { message: `no ${request.method} ${request.url}` } }
    try {
      return { status: 200, body: await act(this.#emulator, values, await read(request)) ?? {} }
    } catch (error) {
      const isRefusal = error instanceof RangeError || error instanceof SyntaxError
      return { status: isRefusal ? 400 : 500, body: { message: error.message } }
    }
  }
}

function find({ method, url }) {
  const parts = url.split('/').map(decodeURIComponent)
  for (const route of ROUTES) {
    const fits = route.method === method && route.parts.length === parts.length
      && route.parts.every((part, index) => part.startsWith(':') || part === parts[index])
    if (fits) return { act: route.act, values: parts.filter((_, index) => route.parts[index].startsWith(':')) }
  }
  return undefined
}

async function read(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BODY) throw new RangeError('a body of more than 4 MiB')
    chunks.push(chunk)
  }
  return size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())
}

function text(value, name) {
  if (typeof value !== 'string' || value === '') throw new RangeError(`${name}: a text`)
  return value
}

/** A phone number's address; an address is taken as it is. */
const addressIn = (emulator, to) => text(to, 'to').includes('@') ? to : emulator.phone(to).account.jid

function changeGroup(emulator, jid, change, { actor, members }) {
  emulator.groups.change(emulator.groups.find(jid), emulator.phone(actor).account, change, members.map(member => emulator.phone(member).account))
}

function describe({ account, isOn, keysGiven }) {
  return {
    phone: account.phone,
    name: account.name,
    jid: account.jid,
    lid: account.lidJid,
    isOn,
    keysGiven,
    companions: account.companions.map(device => ({
      jid: device.jid,
      isConnected: device.connection?.isLive === true,
      isAvailable: device.connection?.isAvailable === true,
      saidName: device.saidName,
      preKeys: device.preKeys.size,
      pending: device.pendingCount
    }))
  }
}
