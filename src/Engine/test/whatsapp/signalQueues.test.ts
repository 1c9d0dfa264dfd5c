import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { before, describe, test } from 'node:test'
import type { SignalKeyStore, SignalRepositoryWithLIDStore } from 'baileys'
import { separateQueues, SignalQueue, withOwnQueue } from '#engine/whatsapp/signalQueues.js'

const forever = new Promise<never>(() => undefined)
const jid = '919812345678@s.whatsapp.net'

describe('what numbers do with the keys of one device', () => {
  let library: typeof import('baileys')

  before(async () => {
    separateQueues()
    library = await import('baileys')
  })

  /** A number without any session, whose keys are answered like this. */
  function number(get: SignalKeyStore['get']): SignalRepositoryWithLIDStore {
    const { addTransactionCapability, DEFAULT_CONNECTION_CONFIG: defaults, initAuthCreds } = library
    const keys = addTransactionCapability({ get, set: () => undefined }, defaults.logger, defaults.transactionOpts)
    return withOwnQueue(defaults.makeSignalRepository({ creds: initAuthCreds(), keys }, defaults.logger, () => Promise.resolve(undefined)))
  }

  test('does not wait for a number that never gets its answer', async () => {
    let asked: () => void
    const waits = new Promise<void>((resolve) => asked = resolve)
    const stuck = number((type) => {
      if (type !== 'session') {
        return {}
      }
      asked()
      return forever
    })
    void stuck.encryptMessage({ jid, data: Buffer.from('one') })
    await waits

    await assert.rejects(number(() => ({})).encryptMessage({ jid, data: Buffer.from('two') }), /No sessions/)
  })

  test('does not wait for an earlier connection of its own either', async () => {
    let answers = 0
    const get: SignalKeyStore['get'] = (type) => type === 'session' && answers++ === 0 ? forever : {}
    void number(get).encryptMessage({ jid, data: Buffer.from('one') })

    await assert.rejects(number(get).encryptMessage({ jid, data: Buffer.from('two') }), /No sessions/)
  })
})

describe('a queue', () => {
  test('does one thing at a time for each device, in order, and in the context of whoever wants it', async () => {
    const context = new AsyncLocalStorage<string>()
    const queue = new SignalQueue()
    const seen: string[] = []
    let running = 0
    const want = (who: string, address: string) => context.run(who, () => queue.run(address, async () => {
      assert.equal(++running, 1)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      seen.push(`${who} in ${context.getStore() ?? 'none'}`)
    }))

    await Promise.all([want('first', 'a.0'), want('second', 'a.0'), want('third', 'a.0')])

    assert.deepEqual(seen, ['first in first', 'second in second', 'third in third'])
  })

  test('goes on after a failure, and one device does not wait for another', async () => {
    const queue = new SignalQueue()
    void queue.run('b.0', () => forever)
    const failed = queue.run('a.0', () => Promise.reject(new Error('Bad MAC')))
    const after = queue.run('a.0', () => Promise.resolve(2))

    await assert.rejects(failed, /Bad MAC/)
    assert.equal(await after, 2)
  })
})
