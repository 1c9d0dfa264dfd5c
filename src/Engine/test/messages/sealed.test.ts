import assert from 'node:assert/strict'
import { createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { getMediaKeys } from 'baileys'
import { seal, sealed, type Sealed } from '#engine/messages/sealed.js'

const full = '/dev/full'
const before = process.env['TMPDIR']

describe('A file on its way to the network', () => {
  let folder: string
  let path: string
  let temporary: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lw-'))
    path = join(folder, 'file')
    temporary = join(folder, 'temporary', 'own')
    process.env['TMPDIR'] = temporary
  })

  afterEach(async () => {
    process.env['TMPDIR'] = before
    if (before === undefined) {
      delete process.env['TMPDIR']
    }
    await rm(folder, { recursive: true })
  })

  /** As who gets it does. */
  async function opened({ mediaKey, fileSha256, fileEncSha256, fileLength, ...file }: Sealed): Promise<Buffer> {
    const body = await readFile(file.path)
    const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, 'video')
    const [bytes, proof] = [body.subarray(0, -10), body.subarray(-10)]
    assert.ok(createHash('sha256').update(body).digest().equals(fileEncSha256))
    assert.ok(createHmac('sha256', macKey as Uint8Array).update(iv).update(bytes).digest().subarray(0, 10).equals(proof))
    const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
    const plain = Buffer.concat([decipher.update(bytes), decipher.final()])
    assert.ok(createHash('sha256').update(plain).digest().equals(fileSha256))
    assert.equal(plain.length, fileLength)
    return plain
  }

  test('gives its room back also when an upload that failed keeps it open', async () => {
    await writeFile(path, randomBytes(100_000))
    const kept: FileHandle[] = []
    await assert.rejects(sealed(path, 'video', async (file) => {
      kept.push(await open(file.path))
      throw new Error('not uploaded')
    }), /not uploaded/)
    for (const handle of kept) {
      assert.equal((await handle.stat()).size, 0)
      await handle.close()
    }
    assert.equal(kept.length, 1)
  })

  for (const length of [0, 15, 16, 300_001]) {
    test(`is encrypted so that who gets it can read it, in a folder that is made anew, and is gone after that (${length} bytes)`, async () => {
      const content = randomBytes(length)
      await writeFile(path, content)
      await sealed(path, 'video', async (file) => {
        assert.equal(dirname(file.path), temporary)
        assert.equal((await stat(file.path)).mode & 0o777, 0o600)
        assert.equal((await stat(temporary)).mode & 0o777, 0o700)
        assert.ok((await opened(file)).equals(content))
      })
      await assert.rejects(sealed(path, 'video', async () => { throw new Error('not uploaded') }), /not uploaded/)
      assert.deepEqual(await readdir(temporary), [])
    })
  }

  test('has another key each time', async () => {
    await writeFile(path, 'content')
    const keys = await Promise.all([1, 2].map(() => sealed(path, 'image', async ({ mediaKey }) => mediaKey.toString('hex'))))
    assert.notEqual(keys[0], keys[1])
  })

  test('that is not there, or is none, is refused', async () => {
    for (const none of [path, folder, join(path, 'file')]) {
      await assert.rejects(sealed(none, 'document', async () => undefined), { error: 'rejected' })
    }
  })

  test('waits while there is no folder to put it in', async () => {
    await writeFile(path, 'content')
    await writeFile(join(folder, 'temporary'), 'in its place')
    await assert.rejects(sealed(path, 'document', async () => undefined), { error: 'unavailable', code: 'disk_not_writable' })
  })

  for (const length of [100, 1_000_000]) {
    test(`waits while there is no room for it (${length} bytes)`, { skip: !existsSync(full) && `needs ${full}` }, async () => {
      await writeFile(path, randomBytes(length))
      await assert.rejects(seal(path, full, 'document'), { error: 'unavailable', code: 'disk_full' })
    })
  }
})
