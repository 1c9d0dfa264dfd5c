import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { FakeSilo } from './testing/fakeSilo.js'
import { HostProcess } from './testing/hostProcess.js'

describe('The host process', () => {
  let silo: FakeSilo
  let host: HostProcess
  let temporary: string

  beforeEach(async () => {
    silo = await FakeSilo.start()
    temporary = await mkdtemp(join(tmpdir(), 'lw-'))
    host = new HostProcess(silo.socketPath, { env: { TMPDIR: temporary } })
    await silo.welcomed()
  })

  afterEach(async () => {
    silo.stop()
    host.kill()
    await host.exited
    await rm(temporary, { recursive: true, force: true })
    assert.equal(host.output, '', 'the standard streams stay silent')
  })

  test('ends with 0 when the silo hangs up', async () => {
    silo.hangUp()
    assert.equal(await host.exited, 0)
  })

  test('ends with 0 when no heartbeat came for eight seconds', async () => {
    const since = performance.now()
    silo.stopHeartbeats()
    assert.equal(await host.exited, 0)
    assert.ok(performance.now() - since > 7_500)
  })

  test('ends with 0 after a shutdown', async () => {
    await silo.ask('shutdown', {})
    assert.equal(await host.exited, 0)
  })

  test('keeps its temporary files where nobody else can look, and only as long as it runs', async () => {
    const [folder, ...more] = await readdir(temporary)
    assert.deepEqual(more, [])
    assert.equal((await stat(join(temporary, folder ?? ''))).mode & 0o777, 0o700)
    await silo.ask('shutdown', {})
    await host.exited
    assert.deepEqual(await readdir(temporary), [])
  })

  test('refuses a frame that is too large by ending', async () => {
    silo.write(`Content-Length: ${17 * 1024 * 1024}\r\n\r\n${'x'.repeat(17 * 1024 * 1024)}`)
    assert.equal(await host.exited, 0)
  })

  test('says how it is', async () => {
    const status = await silo.ask<{ numbers: number; open: number; memoryBytes: number }>('status', {})
    assert.deepEqual([status.numbers, status.open], [0, 0])
    assert.ok(status.memoryBytes > 10 * 1024 * 1024)
  })
})
