import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SignalRepositoryWithLIDStore } from 'baileys'
import { type Encrypted, Encryptions } from '#engine/whatsapp/encryptions.js'

const data = Buffer.from('hello')

function encryptions() {
  const failed: string[] = []
  const made = new Encryptions((device) => failed.push(device))
  const { encryptMessage } = made.wrap({
    encryptMessage: async ({ jid }: { jid: string }) => {
      await new Promise(setImmediate)
      if (jid.startsWith('broken')) {
        throw new Error('No sessions')
      }
      return { type: 'msg', ciphertext: Buffer.from(jid) }
    },
  } as unknown as SignalRepositoryWithLIDStore)
  // As the library does it.
  const encrypt = (...devices: string[]) => Promise.all(devices.map((jid) => encryptMessage({ jid, data }).catch(() => null)))
  return { made, encrypt, failed }
}

describe('What is encrypted', () => {
  test('is noted of each message by itself, with the devices for which it was not', async () => {
    const { made, encrypt, failed } = encryptions()
    const send = (...devices: string[]) => made.of(async (encrypted): Promise<Encrypted> => {
      await encrypt(...devices)
      return encrypted
    })
    const [first, second] = await Promise.all([send('a', 'broken:4', 'b'), send('c')])
    assert.deepEqual([first, second], [{ for: ['a', 'b'], notFor: ['broken:4'] }, { for: ['c'], notFor: [] }])
    assert.deepEqual(failed, ['broken:4'])
  })

  test('by the library itself is as before', async () => {
    const { encrypt, failed } = encryptions()
    assert.deepEqual((await encrypt('a', 'broken')).map((sealed) => sealed?.ciphertext.toString()), ['a', undefined])
    assert.deepEqual(failed, ['broken'])
  })
})
