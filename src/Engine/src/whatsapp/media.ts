import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { downloadContentFromMessage } from 'baileys'
import { isAbsolute } from 'node:path'
import { readLocator } from '../messages/locator.js'
import { EngineError, type RemoteFile } from '../rpc/contract.js'

/** Downloads a file whole or not at all. Only the network's own hosts are asked, whatever the sender named. */
export async function fetchFile(
  file: RemoteFile, targetPath: string, options: RequestInit, isOwnHost: (host: string) => Promise<boolean>,
): Promise<void> {
  const locator = readLocator(file.locator)
  if (!locator || !isAbsolute(targetPath)) {
    throw new EngineError('rejected', 'The file cannot be located.')
  }
  const { directPath, mediaKey, kind, sha256 } = locator
  const host = locator.host && (await isOwnHost(locator.host)) ? locator.host : undefined
  const partPath = `${targetPath}.part`
  const hash = createHash('sha256')
  try {
    const source = await downloadContentFromMessage(
      { mediaKey, directPath, url: null }, kind, { options, ...(host ? { host } : {}) })
    const hashing = new Transform({
      transform(chunk: Buffer, _, done) {
        hash.update(chunk)
        done(null, chunk)
      },
    })
    await pipeline(source, hashing, createWriteStream(partPath, { mode: 0o600 }))
    if (sha256 && !hash.digest().equals(sha256)) {
      throw new EngineError('rejected', 'The file is not what its message says.')
    }
    await rename(partPath, targetPath)
  } catch (error) {
    await rm(partPath, { force: true })
    throw asEngineError(error)
  }
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) {
    return error
  }
  const { code, output } = error as { code?: unknown; output?: { statusCode?: number } }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EngineError('unavailable', 'There is no room for the file.', 'disk_full')
  }
  return output?.statusCode === 404 || output?.statusCode === 410
    ? new EngineError('gone', 'The file is gone from the network.')
    : new EngineError('unavailable', 'The file could not be fetched.')
}
