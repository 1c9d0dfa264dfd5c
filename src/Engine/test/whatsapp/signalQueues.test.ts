import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { SignalKeyStore, SignalRepositoryWithLIDStore } from 'baileys'
import { separateQueues, withOwnQueue } from '#engine/whatsapp/signalQueues.js'

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
