import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { join } from 'node:path'

/** Where the emulator lies, with its packages installed. */
const folder = process.env['LOOPWAVE_EMULATOR'] ?? fileURLToPath(new URL('../../../../../tests/WhatsAppEmulator/', import.meta.url))

interface Started {
  url: string
  rootKey: string
  control: string
  media: { host: string; ca: string }
}

/** A WhatsApp server of our own in another process, driven over HTTP. */
export class Emulator {
  private constructor(private readonly child: ChildProcess, private readonly started: Started) {}

  static async start(): Promise<Emulator> {
    const child = spawn(process.execPath, ['control.mjs', '0', '0'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface({ input: child.stdout })) {
      return new Emulator(child, JSON.parse(line) as Started)
    }
    throw new Error('The emulator did not start.')
  }

  get url(): string {
    return this.started.url
  }

  /** What a host process needs to trust it. */
  get hostOptions(): { execArgv: string[]; env: Record<string, string> } {
    const preload = pathToFileURL(join(folder, 'trust-preload.mjs'))
    preload.search = new URLSearchParams({ rootKey: this.started.rootKey, media: this.started.media.host }).toString()
    return { execArgv: ['--import', preload.href], env: { NODE_EXTRA_CA_CERTS: this.started.media.ca } }
  }

  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(this.started.control + path, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(20_000),
    })
    const answer = (await response.json()) as T
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }

  phone(phone: string, name: string): Promise<{ phone: string; jid: string; lid: string }> {
    return this.call('POST', '/accounts', { phone, name })
  }

  stop(): void {
    this.child.kill('SIGTERM')
  }
}
