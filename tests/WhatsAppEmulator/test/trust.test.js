import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath, URL } from 'node:url'
import { promisify } from 'node:util'
import { withEmulator } from '../testing/client.js'

const path = name => fileURLToPath(new URL(`../${name}`, import.meta.url))

async function outcomeOf(emulator, { rootKey }) {
  const preload = rootKey ? ['--import', `${new URL('../trust-preload.mjs', import.meta.url)}?rootKey=${rootKey}`] : []
  const { stdout } = await promisify(execFile)(process.execPath, [...preload, path('testing/hardened-host.mjs'), emulator.url], {
    timeout: 20_000
  })
  return stdout.trim()
}

test('a host that checks the certificate refuses the emulator', () => withEmulator(async emulator => {
  assert.equal(await outcomeOf(emulator, {}), '400')
}))

test('with the preload it trusts the root key it was given', () => withEmulator(async emulator => {
  assert.equal(await outcomeOf(emulator, { rootKey: emulator.certificates.rootKey.toString('hex') }), 'qr')
}))

test('with the preload it refuses a chain of another root', () => withEmulator(async emulator => {
  assert.equal(await outcomeOf(emulator, { rootKey: '11'.repeat(32) }), '400')
}))

test('the preload prepares the host as the host does itself, before it loads the library', async () => {
  const preload = `${new URL('../trust-preload.mjs', import.meta.url)}?rootKey=${'11'.repeat(32)}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', preload, path('testing/prepared-host/main.mjs')], { timeout: 20_000 })
  assert.deepEqual(JSON.parse(stdout), [
    { what: 'context', isLoaded: false }, { what: 'curves', isLoaded: false }, { what: 'queues', isLoaded: false },
  ])
})
