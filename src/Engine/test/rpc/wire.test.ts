import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { type MessageConnection, ParameterStructures } from 'vscode-jsonrpc/node.js'
import { overSocket } from '#engine/rpc/wire.js'

const tooLarge = 'x'.repeat(16 * 1024 * 1024)
const refused = { code: -32001, data: { error: 'rejected' } }

describe('A message that no frame takes', () => {
  let folder: string
  let server: Server
  let here: MessageConnection
  let there: MessageConnection
  let errors: unknown[]
  const heard: unknown[] = []

  const ask = (text: string) => here.sendRequest<string>('echo', ParameterStructures.byName, { text })

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lw-'))
    errors = []
    heard.length = 0
    const accepted = new Promise<void>((resolve) => {
      server = createServer((socket) => {
        there = overSocket(socket)
        there.onError((error) => errors.push(error))
        there.onRequest('echo', ({ text }: { text: string }) => (text === 'much' ? tooLarge : text))
        there.onNotification('note', ({ text }: { text: string }) => heard.push(text))
        there.listen()
        resolve()
      })
    })
    await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve))
    here = overSocket(connect(join(folder, 's')))
    here.onError(() => undefined)
    here.listen()
    await accepted
  })

  afterEach(() => {
    here.dispose()
    here.end()
    there.dispose()
    there.end()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('is refused where it is a question, and the connection goes on', async () => {
    await assert.rejects(ask(tooLarge), refused)
    assert.equal(await ask('hello'), 'hello')
    assert.deepEqual(errors, [])
  })

  test('is an error where it is an answer, and the connection goes on', async () => {
    await assert.rejects(ask('much'), refused)
    assert.equal(await ask('hello'), 'hello')
  })

  test('is lost where nobody answers it, and the connection goes on', async () => {
    const note = (text: string) => here.sendNotification('note', ParameterStructures.byName, { text })
    await note(tooLarge)
    await note('small')
    assert.equal(await ask('hello'), 'hello')
    assert.deepEqual(heard, ['small'])
    assert.deepEqual(errors, [])
  })
})
