import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until, withEmulator } from '../testing/client.js'

const path = name => fileURLToPath(new URL(`../${name}`, import.meta.url))

test('a companion and a person send each other files', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'emulator-media-'))
  try {
    await withEmulator(async emulator => {
      const anna = emulator.addPhone({ phone: '4915111111111' })
      const bert = emulator.addPhone({ phone: '4915122222222' })
      const preload = new URL('../trust-preload.mjs', import.meta.url)
      preload.search = new URLSearchParams({ rootKey: emulator.certificates.rootKey.toString('hex'), media: emulator.media.host }).toString()
      const child = spawn(process.execPath, ['--import', preload.href, path('testing/media-host.mjs'), emulator.url, bert.jid], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_EXTRA_CA_CERTS: emulator.media.description.ca }
      })
      const said = new Map()
      createInterface(child.stdout).on('line', line => {
        const { what, value } = JSON.parse(line)
        said.set(what, value)
      })
      try {
        await anna.scan(await until('the QR code', () => said.get('qr')))
        const id = await until('the file to be sent', () => said.get('sent'))
        await until('the file at the phone', () => bert.inbox.some(each => each.id === id))
        assert.equal((await bert.fetchFile(id)).toString(), 'from the companion')

        await bert.sendFile(anna.jid, { kind: 'image', content: Buffer.from('from the phone'), mimetype: 'image/jpeg' })
        assert.equal(await until('the file at the companion', () => said.get('received')), 'from the phone')
        assert.equal(await until('the file by its path alone', () => said.get('redirected')), 'from the phone')
        assert.deepEqual(emulator.record.problems, [])
      } finally {
        child.kill('SIGKILL')
      }
    }, { directory })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
