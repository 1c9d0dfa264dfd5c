import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Has temporary files put into a folder that only this user can enter and that is gone with the process: what is sent lies there until it is. */
export function ownTemporaryFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'loopwave-host-'))
  process.env['TMPDIR'] = folder
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
}
