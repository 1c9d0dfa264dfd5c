import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { token } from './fakeSilo.js'

const main = fileURLToPath(new URL('../../main.js', import.meta.url))

/** The real host in a process of its own; everything it writes to its standard streams is kept. */
export class HostProcess {
  output = ''
  readonly exited: Promise<number | null>
  readonly #child: ChildProcess

  constructor(socketPath: string, { execArgv = [], env = {} }: { execArgv?: string[]; env?: Record<string, string> } = {}) {
    this.#child = spawn(process.execPath, [...execArgv, main], {
      env: { ...process.env, ...env, LOOPWAVE_ENGINE_SOCKET: socketPath, LOOPWAVE_ENGINE_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => { this.output += chunk.toString() })
    }
    this.exited = new Promise((resolve) => this.#child.once('exit', resolve))
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
