import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { proto, type SignalRepositoryWithLIDStore, type WASocket } from 'baileys'
import { EngineError } from '#engine/rpc/contract.js'
import { Encryptions } from '#engine/whatsapp/encryptions.js'
import { Lifetime } from '#engine/whatsapp/lifetime.js'
import { Sender } from '#engine/whatsapp/sender.js'

const hello = proto.Message.encode({ conversation: 'hello' }).finish()
const [phone, laptop] = ['919800000001@s.whatsapp.net', '919800000001:4@s.whatsapp.net']

/** A sender over a library that encrypts for these devices, and leaves out those with which that fails. */
function sender(...devices: string[]) {
  const steps: string[] = []
  const broken = new Set<string>()
  const group = { isKeyDue: false }
  const encryptions = new Encryptions(() => undefined)
  const { encryptMessage } = encryptions.wrap({
    encryptMessage: ({ jid }: { jid: string }) =>
      broken.has(jid) ? Promise.reject(new Error('No sessions')) : Promise.resolve({ type: 'msg', ciphertext: Buffer.from(jid) }),
  } as unknown as SignalRepositoryWithLIDStore)
  const relayMessage: WASocket['relayMessage'] = async (_, __, { messageId, additionalNodes }) => {
    steps.push('relay')
    await Promise.all(devices.map((jid) => encryptMessage({ jid, data: hello }).catch(() => null)))
    steps.push(`written, and ${additionalNodes?.length ?? 0} more`)
    return messageId ?? ''
  }
  const made = new Sender({
    socket: { relayMessage },
    log: () => undefined,
    queries: { within: (_, work) => work() },
    recipients: {
      find: async () => void steps.push('find'),
      findAgain: async () => void steps.push('find again'),
      renewGroupKey: async () => group.isKeyDue,
      requireAll: (_, encrypted) => {
        if (encrypted.notFor.length > 0) {
          throw new Error(`not for ${encrypted.notFor.join()}, but for ${encrypted.for.join()}`)
        }
      },
    },
    encryptions,
    lifetime: new Lifetime(),
    requireOpen: () => undefined,
    refusal: (error, otherwise) => new EngineError(otherwise, (error as Error).message),
  })
  return { made, steps, broken, group }
}

describe('A message', () => {
  test('is written when all is known of those who get it, and looked up again when it is its turn', async () => {
    const { made, steps } = sender(phone, laptop)
    await made.relay('A', phone, hello)
    assert.deepEqual(steps, ['find', 'find again', 'relay', 'written, and 0 more'])
  })

  test('with which a new key of a group begins is written when all is known of those who had the old one', async () => {
    const { made, steps, group } = sender(phone)
    group.isKeyDue = true
    await made.relay('A', phone, hello)
    assert.deepEqual(steps, ['find', 'find again', 'find', 'relay', 'written, and 0 more'])
  })

  test('is not written when the library leaves out a device, and can be sent again', async () => {
    const { made, steps, broken } = sender(phone, laptop)
    broken.add(laptop)
    await assert.rejects(made.relay('A', phone, hello), { error: 'notSent', message: `not for ${laptop}, but for ${phone}` })
    assert.equal(steps.at(-1), 'relay')

    broken.clear()
    await made.relay('A', phone, hello)
    assert.equal(steps.at(-1), 'written, and 0 more')
  })
})
