import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BinaryNode } from 'baileys'
import { Answers } from '#engine/whatsapp/answers.js'
import { Lifetime } from '#engine/whatsapp/lifetime.js'
import { Memory } from '#engine/whatsapp/memory.js'
import { refusedWith } from '../testing/fakeKeys.js'

const group = '120363000000000001@g.us'
const [ami, amisLaptop, ourPhone] = ['919800000001@s.whatsapp.net', '919800000001:4@s.whatsapp.net', '919800000009@s.whatsapp.net']

const asks = (attrs: Record<string, string>, count = 1): BinaryNode => ({
  tag: 'receipt', attrs: { id: 'M1', type: 'retry', ...attrs }, content: [{ tag: 'retry', attrs: { count: `${count}` } }],
})

/** One connection of a number, over a library that asks the network one thing while it answers. */
function connection(memory = Memory.of(new Map())) {
  const steps: string[] = []
  const logged: unknown[] = []
  const network: { finds: unknown; fails: number | undefined } = { finds: undefined, fails: undefined }
  let failed: ((code: number) => void) | undefined
  const answers = new Answers({
    port: { log: (level, _, __, data) => logged.push([level, data?.['whatsAppId']]), sentMessage: () => Promise.resolve(undefined) },
    memory,
    reader: { me: { id: '919800000009:7@s.whatsapp.net', lid: '999:7@lid' } },
    queries: {
      within: (_, work) => work(),
      watched: (tell, work) => {
        failed = tell
        return work()
      },
    },
    recipients: {
      find: async (chat, _, isKeyNew) => {
        steps.push(`find ${chat}${isKeyNew ? ' for a new key' : ''}`)
        if (network.finds) {
          throw network.finds
        }
      },
    },
    knownDevices: { takeIn: (device) => steps.push(`take in ${device}`) },
    encryptions: { of: (send) => send({ for: [], notFor: [] }) },
    lifetime: new Lifetime(),
    giveUp: () => steps.push('give up'),
  })
  const give = async (receipt: BinaryNode) => {
    await answers.give(receipt, () => {
      steps.push('answer')
      if (network.fails) {
        failed?.(network.fails)
        failed?.(network.fails)
      }
    })
    return steps.splice(0)
  }
  return { give, network, logged, failed: (code: number) => failed?.(code), steps }
}

describe('Who could not read a message', () => {
  test('is answered when all is known of those who get it once more', async () => {
    const { give } = connection()
    assert.deepEqual(await give(asks({ from: ami })), [`find ${ami}`, 'answer'])
    assert.deepEqual(await give(asks({ from: group, participant: ami })), [`find ${group} for a new key`, 'answer'])
    assert.deepEqual(await give(asks({ from: ourPhone, recipient: ami })), [`find ${ami}`, 'answer'])
  })

  test('can be written to when that brings keys of its own, whatever the network has', async () => {
    const { give, network } = connection()
    network.finds = new Error('No device of who is written to can be had.')
    const receipt = asks({ from: ami })
    assert.deepEqual(await give({ ...receipt, content: [...receipt.content as BinaryNode[], { tag: 'keys', attrs: {} }] }), [`find ${ami}`, `take in ${ami}`, 'answer'])
  })

  test('is answered alone when that is a companion', async () => {
    const { give } = connection()
    assert.deepEqual(await give(asks({ from: amisLaptop })), ['answer'])
    assert.deepEqual(await give(asks({ from: group, participant: amisLaptop })), ['answer'])
  })

  for (const fault of [408, 429, 503]) {
    test(`is answered on the next connection when what has to be known fails with ${fault}, but not for ever`, async () => {
      const memory = Memory.of(new Map())
      for (let times = 0; times < 3; times++) {
        const { give, network } = connection(memory)
        network.finds = refusedWith(fault)
        assert.deepEqual(await give(asks({ from: ami })), [`find ${ami}`, 'give up'])
      }
      const { give, network } = connection(memory)
      network.finds = refusedWith(fault)
      assert.deepEqual(await give(asks({ from: ami })), [`find ${ami}`, 'answer'])
      assert.deepEqual(await give(asks({ from: ami }, 2)), [`find ${ami}`, 'give up'], 'the next time that it asks')
    })

    test(`is answered on the next connection when the library fails at it with ${fault}, and that is said of what is lost in the end`, async () => {
      const memory = Memory.of(new Map())
      for (let times = 0; times < 3; times++) {
        const { give, network, logged } = connection(memory)
        network.fails = fault
        assert.deepEqual([await give(asks({ from: amisLaptop })), logged], [['answer', 'give up'], []])
      }
      const { give, network, logged } = connection(memory)
      network.fails = fault
      assert.deepEqual(await give(asks({ from: amisLaptop })), ['answer'])
      assert.deepEqual(logged[0], ['error', 'M1'])
    })
  }

  test('does not have the connection end for each of many, while nothing can be known for any', async () => {
    const memory = Memory.of(new Map())
    const { give, network } = connection(memory)
    network.finds = refusedWith(503)
    let putOff = 0
    for (let id = 0; id < 50; id++) {
      putOff += (await give(asks({ from: ami, id: `M${id}` }))).includes('give up') ? 1 : 0
    }
    assert.equal(putOff, 12)
  })

  test('is answered as well as can be where the network has spoken its last word', async () => {
    const { give, network, logged } = connection()
    for (const fault of [refusedWith(404), new Error('No device of who is written to can be had.')]) {
      network.finds = fault
      assert.deepEqual(await give(asks({ from: ami })), [`find ${ami}`, 'answer'])
    }
    logged.length = 0
    network.fails = 406
    assert.deepEqual(await give(asks({ from: amisLaptop })), ['answer'])
    assert.deepEqual(logged[0], ['error', 'M1'])
  })

  test('is answered by then, whatever the library asks afterwards', async () => {
    const { give, failed, steps, logged } = connection()
    await give(asks({ from: ami }))
    failed(503)
    assert.deepEqual([steps, logged], [[], []])
  })
})
