import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Client, until } from '../testing/client.js'

const { WhatsAppEmulator } = await import('../src/server.js')

test('a server that starts again is the same one to clients, people and tests', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'whatsapp-emulator-test-'))
  const before = new WhatsAppEmulator({ directory })
  await before.start()
  const anna = before.addPhone({ phone: '4915111111111', name: 'Anna' })
  const bert = before.addPhone({ phone: '4915122222222', name: 'Bert' })
  const client = new Client(before)
  let after
  try {
    await client.pairWith(anna)
    const group = bert.createGroup('Trip', [anna])
    await bert.say(anna.jid, 'first')
    await bert.say(group.jid, 'to all')
    const file = await bert.sendFile(anna.jid, { kind: 'document', content: Buffer.from('kept'), mimetype: 'text/plain', fileName: 'kept.txt' })
    await until('what was written', () => client.received('first') && client.received('to all') && client.upserts.some(message => message.key.id === file))
    await client.socket.sendMessage(bert.jid, { text: 'answer' })
    await until('the answer', () => bert.inbox.find(message => message.text === 'answer'))
    client.close()
    await bert.say(anna.jid, 'while away')
    const { host } = before.media
    await before.stop()

    after = new WhatsAppEmulator({ directory })
    await after.start()
    client.emulator = after
    await client.open()

    await until('what waited', () => client.received('while away'))
    const again = after.phone('4915122222222')
    assert.deepEqual(again.inbox.map(message => message.text), ['answer'])
    await client.socket.sendMessage(again.jid, { text: 'second answer' })
    await client.socket.sendMessage(group.jid, { text: 'and all' })
    await until('the next answers', () => again.inbox.find(message => message.text === 'second answer') && again.inbox.find(message => message.text === 'and all'))
    await again.say(group.jid, 'all read this')
    await until('the group', () => client.received('all read this'))
    assert.deepEqual(await after.phone('4915111111111').fetchFile(file), Buffer.from('kept'))
    assert.deepEqual(after.record.messages.sent.length, 3)
    assert.equal(after.media.host, host)
    assert.deepEqual(after.certificates.rootKey, before.certificates.rootKey)
    assert.deepEqual(after.record.problems, [])
  } finally {
    client.close()
    await after?.stop()
    await rm(directory, { recursive: true, force: true })
  }
})
