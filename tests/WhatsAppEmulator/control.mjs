import './src/quiet.js'
import './src/raw-keys.js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { ControlApi } = await import('./src/control-api.js')
const { WhatsAppEmulator } = await import('./src/server.js')

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' } } })
const [webSocketPort = '0', controlPort = '0', directory] = positionals
const own = directory ?? await mkdtemp(join(tmpdir(), 'whatsapp-emulator-'))

const emulator = new WhatsAppEmulator({ seed: values.seed, directory: own })
await emulator.start(Number(webSocketPort))
const control = new ControlApi(emulator, stop)
await control.start(Number(controlPort))
process.stdout.write(`${JSON.stringify({
  url: emulator.url,
  rootKey: emulator.certificates.rootKey.toString('hex'),
  control: control.url,
  media: emulator.media.description
})}\n`)
process.on('SIGTERM', stop).on('SIGINT', stop)

async function stop() {
  await Promise.all([emulator.stop(), control.stop()])
  if (!directory) await rm(own, { recursive: true, force: true })
  process.exit(0)
}
