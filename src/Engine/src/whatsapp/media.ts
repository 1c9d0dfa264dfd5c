import { createDecipheriv, createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { DEFAULT_ORIGIN, getMediaKeys, getUrlFromDirectPath } from 'baileys'
import { readLocator } from '../messages/locator.js'
import type { FetchLimits } from '../numbers/network.js'
import { EngineError, type RemoteFile } from '../rpc/contract.js'

const cipher = 'aes-256-cbc'
const blockBytes = 16
/** What encryption may add to a file: the padding of its last block, and what follows that. */
const mostAround = 64

/**
 * Downloads a file whole or not at all. Only the network's own hosts are asked, whatever the sender named. The library's own download
 * knows no limit and no end, and takes the process with it when the connection breaks.
 */
export async function fetchFile(
  file: RemoteFile, targetPath: string, { maxBytes, signal }: FetchLimits, options: RequestInit, isOwnHost: (host: string) => Promise<boolean>,
): Promise<void> {
  const locator = readLocator(file.locator)
  if (!locator || !isAbsolute(targetPath)) {
    throw new EngineError('rejected', 'The file cannot be located.')
  }
  const { directPath, mediaKey, kind, sha256 } = locator
  const partPath = `${targetPath}.part`
  const content = new Content(maxBytes)
  try {
    const host = locator.host && (await isOwnHost(locator.host)) ? locator.host : undefined
    const { cipherKey, iv } = await getMediaKeys(mediaKey, kind)
    await pipeline(
      await download(getUrlFromDirectPath(directPath, host), maxBytes, { ...options, signal }),
      wholeBlocks(), createDecipheriv(cipher, cipherKey, iv), content, createWriteStream(partPath, { mode: 0o600 }),
      { signal })
    if (sha256 && !content.digest().equals(sha256)) {
      throw new EngineError('rejected', 'The file is not what its message says.')
    }
    await rename(partPath, targetPath)
  } catch (error) {
    await rm(partPath, { force: true })
    throw asEngineError(error)
  }
}

// Where the network sends on to is no host of its own for all we know, so that is not followed.
async function download(url: string, maxBytes: number, options: RequestInit): Promise<Readable> {
  const response = await fetch(url, { ...options, headers: { Origin: DEFAULT_ORIGIN }, redirect: 'manual' })
  const length = Number(response.headers.get('content-length') ?? 0)
  if (!response.ok || !response.body || length > maxBytes + mostAround) {
    await response.body?.cancel()
    throw length > maxBytes + mostAround && response.ok ? tooLarge() : new NotServed(response.status)
  }
  return Readable.fromWeb(response.body as ReadableStream)
}

/** Without what follows the last whole block: a code for which the hash of the content stands in. */
function wholeBlocks(): Transform {
  let rest = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const all = Buffer.concat([rest, chunk])
      const whole = all.length - (all.length % blockBytes)
      rest = all.subarray(whole)
      done(null, all.subarray(0, whole))
    },
  })
}

/** Passes a file on, up to its limit, and knows what it was. */
class Content extends Transform {
  readonly #hash = createHash('sha256')
  #bytes = 0

  constructor(private readonly maxBytes: number) {
    super()
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: (error: Error | null, chunk?: Buffer) => void): void {
    this.#bytes += chunk.length
    this.#hash.update(chunk)
    if (this.#bytes > this.maxBytes) {
      done(tooLarge())
    } else {
      done(null, chunk)
    }
  }

  digest(): Buffer {
    return this.#hash.digest()
  }
}

class NotServed extends Error {
  constructor(readonly status: number) {
    super('The file is not served.')
  }
}

function tooLarge(): EngineError {
  return new EngineError('rejected', 'The file is too large.', 'too_large')
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) {
    return error
  }
  const { code } = error as { code?: unknown }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EngineError('unavailable', 'There is no room for the file.', 'disk_full')
  }
  return error instanceof NotServed && (error.status === 404 || error.status === 410)
    ? new EngineError('gone', 'The file is gone from the network.')
    : new EngineError('unavailable', 'The file could not be fetched.')
}
