import { createCipheriv, createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { getMediaKeys, type MediaType } from 'baileys'
import { EngineError } from '../rpc/contract.js'

const keyBytes = 32
const macBytes = 10

/** A file encrypted for the network, and what a message says of it. */
export interface Sealed {
  path: string
  mediaKey: Buffer
  fileSha256: Buffer
  fileEncSha256: Buffer
  fileLength: number
}

/**
 * Encrypts a file for as long as it is used. The library can do this, too, but takes the process with it when its temporary folder is
 * gone or full, or waits for ever.
 * @param use What is done with it; it is gone afterwards.
 */
export async function sealed<T>(path: string, kind: MediaType, use: (file: Sealed) => Promise<T>): Promise<T> {
  const target = join(tmpdir(), randomUUID())
  try {
    return await use(await seal(path, target, kind))
  } finally {
    // An upload that failed keeps it open, and with its name alone gone it would take its room until the process ends.
    await truncate(target).catch(() => undefined)
    await rm(target, { force: true }).catch(() => undefined)
  }
}

/** @param target Is made anew, and so is its folder where that is gone. */
export async function seal(path: string, target: string, kind: MediaType): Promise<Sealed> {
  const mediaKey = randomBytes(keyBytes)
  const { cipherKey, iv, macKey } = await getMediaKeys(mediaKey, kind)
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const mac = createHmac('sha256', macKey as Uint8Array).update(iv)
  const [plainHash, sealedHash] = [createHash('sha256'), createHash('sha256')]
  let fileLength = 0
  const source = await open(path).catch((error: unknown) => {
    throw unreadable(error)
  })
  try {
    const sink = await made(target)
    await pipeline(source.createReadStream(), async function* (plain: AsyncIterable<Buffer>) {
      const part = (bytes: Buffer) => {
        mac.update(bytes)
        sealedHash.update(bytes)
        return bytes
      }
      for await (const bytes of plain) {
        fileLength += bytes.length
        plainHash.update(bytes)
        yield part(cipher.update(bytes))
      }
      yield part(cipher.final())
      const proof = mac.digest().subarray(0, macBytes)
      sealedHash.update(proof)
      yield proof
    }, sink.createWriteStream())
  } catch (error) {
    throw codeOf(error) === 'EISDIR' ? unreadable(error) : unwritable(error)
  } finally {
    await source.close()
  }
  return { path: target, mediaKey, fileSha256: plainHash.digest(), fileEncSha256: sealedHash.digest(), fileLength }
}

async function made(target: string): Promise<FileHandle> {
  const attempt = () => open(target, 'w', 0o600)
  return await attempt().catch(async (error: unknown) => {
    if (codeOf(error) !== 'ENOENT') {
      throw error
    }
    // Who cleans up temporary files takes the folder of a host that has sent none for days.
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    return await attempt()
  })
}

const noSource = new Set<unknown>(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM'])
const noRoom = new Set<unknown>(['ENOSPC', 'EDQUOT'])
const noFolder = new Set<unknown>(['ENOENT', 'ENOTDIR', 'EEXIST', 'EACCES', 'EPERM', 'EROFS'])

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code
}

function unreadable(error: unknown): unknown {
  return noSource.has(codeOf(error)) ? new EngineError('rejected', 'The file cannot be read.') : error
}

function unwritable(error: unknown): unknown {
  const code = codeOf(error)
  if (noRoom.has(code)) {
    return new EngineError('unavailable', 'There is no room for temporary files on the machine that sends it.', 'disk_full')
  }
  return noFolder.has(code)
    ? new EngineError('unavailable', 'The folder for temporary files cannot be written to on the machine that sends it.', 'disk_not_writable')
    : error
}
