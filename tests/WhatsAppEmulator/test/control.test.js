import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client, until } from '../testing/client.js'

const program = fileURLToPath(new URL('../control.mjs', import.meta.url))

/** Runs a test against the program in a process of its own, and ends it. */
async function withProgram(args, run) {
  const child = spawn(process.execPath, [program, '0', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(child.stdout), 'line')
  const announced = JSON.parse(line)
  const call = async (method, path, body) => {
    const response = await fetch(announced.control + path, { method, body: body && JSON.stringify(body) })
    return { status: response.status, body: await response.json() }
  }
  const exited = once(child, 'exit')
  try {
    await run({ announced, call })
    assert.equal((await call('POST', '/stop')).status, 200)
    assert.deepEqual(await exited, [0, null])
  } finally {
    child.kill('SIGKILL')
  }
}

test('another process links a client, lets people write, and looks at the record', () => withProgram(['--seed', '7'], async ({ announced, call }) => {
  assert.match(announced.rootKey, /^[0-9a-f]{64}$/)
  await call('POST', '/accounts', { phone: '4915111111111', name: 'Anna' })
  await call('POST', '/accounts', { phone: '4915122222222', name: 'Bert' })
  const host = new Client({ url: announced.url })
  try {
    const scan = async qr => (await call('POST', '/accounts/4915111111111/scan', { qr })).body.device
    assert.equal(await host.pairWith({ scan }), '4915111111111:1@s.whatsapp.net')

    const { body: said } = await call('POST', '/accounts/4915122222222/say', { to: '4915111111111', text: 'hello', id: 'HELLO1' })
    assert.deepEqual(said, { id: 'HELLO1' })
    await until('the message', () => host.received('hello'))
    const sent = await host.socket.sendMessage('4915122222222@s.whatsapp.net', { text: 'hi' })
    const arrived = await until('the answer', async () => (await call('GET', '/accounts/4915122222222/inbox')).body[0])

    assert.deepEqual([arrived.id, arrived.text, arrived.from], [sent.key.id, 'hi', '4915111111111'])
    const { body: record } = await call('GET', '/record')
    assert.deepEqual(record.sent.map(each => [each.id, each.times]), [[sent.key.id, 1]])
    assert.ok(record.delivered.find(each => each.id === 'HELLO1').receiptedAt)
    assert.deepEqual((await call('GET', '/problems')).body, [])

    const from = host.events.length
    await call('POST', '/accounts/4915111111111/unlink')
    assert.equal(await host.closed(from), 401)
    const connections = await until('the end of the connection', async () => {
      const { body: rows } = await call('GET', '/connections')
      return rows.every(each => each.to) && rows
    })
    assert.deepEqual(connections.map(each => [each.device, each.end]), [['4915111111111:1@s.whatsapp.net', 'closed']])
    const { body: logIns } = await call('GET', '/log-ins')
    assert.deepEqual(logIns.map(each => [each.device, each.refused]), [['4915111111111:1@s.whatsapp.net', null]])
  } finally {
    host.close()
  }
}))

test('what makes no sense is refused with a sentence', () => withProgram([], async ({ call }) => {
  assert.deepEqual(await call('POST', '/accounts', { phone: 'me' }), { status: 400, body: { message: 'phone: 5 to 15 digits' } })
  assert.equal((await call('POST', '/accounts/49/scan', { qr: 'x' })).status, 400)
  assert.equal((await call('POST', '/faults', { kind: 'toString' })).status, 400)
  assert.equal((await call('GET', '/nowhere')).status, 404)
}))

test('with a seed every run makes up the same ids', async () => {
  const lids = []
  for (let run = 0; run < 2; run++) {
    await withProgram(['--seed', '42'], async ({ call }) => lids.push((await call('POST', '/accounts', { phone: '4915111111111' })).body.lid))
  }
  assert.equal(lids[0], lids[1])
})
