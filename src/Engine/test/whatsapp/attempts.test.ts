import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { AuthenticationCreds, SignalKeyStore, SignalRepositoryWithLIDStore } from 'baileys'
import { undoFailedAttempts } from '#engine/whatsapp/attempts.js'

interface Person {
  jid: string
  creds: AuthenticationCreds
  signal: SignalRepositoryWithLIDStore
  preKeys: number
  store: SignalKeyStore
}

describe('Two people who began to write to each other at the same time', () => {
  let library: typeof import('baileys')
  let amina: Person
  let bert: Person

  before(async () => {
    undoFailedAttempts()
    library = await import('baileys')
    amina = person('919812345678@s.whatsapp.net')
    bert = person('4915122222222@s.whatsapp.net')
  })

  function person(jid: string): Person {
    const { addTransactionCapability, DEFAULT_CONNECTION_CONFIG: defaults, initAuthCreds } = library
    const values = new Map<string, unknown>()
    const store: SignalKeyStore = {
      get: (type, ids) => Object.fromEntries(ids.flatMap((id) => (values.has(`${type}/${id}`) ? [[id, values.get(`${type}/${id}`)]] : []))) as never,
      set: (data) => {
        for (const [type, changes] of Object.entries(data)) {
          for (const [id, value] of Object.entries(changes)) {
            // As stored: what is read later is never the object that was written.
            values.set(`${type}/${id}`, structuredClone(value))
          }
        }
      },
    }
    const creds = initAuthCreds()
    const keys = addTransactionCapability(store, defaults.logger, defaults.transactionOpts)
    return { jid, creds, preKeys: 0, store, signal: defaults.makeSignalRepository({ creds, keys }, defaults.logger, () => Promise.resolve(undefined)) }
  }

  async function meet(from: Person, to: Person): Promise<void> {
    const preKey = library.Curve.generateKeyPair()
    const keyId = ++to.preKeys
    await to.store.set({ 'pre-key': { [keyId]: preKey } })
    const { registrationId, signedIdentityKey, signedPreKey } = to.creds
    await from.signal.injectE2ESession({
      jid: to.jid,
      session: {
        registrationId,
        identityKey: library.generateSignalPubKey(signedIdentityKey.public),
        signedPreKey: { keyId: signedPreKey.keyId, publicKey: library.generateSignalPubKey(signedPreKey.keyPair.public), signature: signedPreKey.signature },
        preKey: { keyId, publicKey: library.generateSignalPubKey(preKey.public) },
      },
    })
  }

  const write = (from: Person, to: Person, text: string) => from.signal.encryptMessage({ jid: to.jid, data: Buffer.from(text) })
  const read = async (from: Person, to: Person, { type, ciphertext }: { type: 'pkmsg' | 'msg'; ciphertext: Uint8Array }) =>
    Buffer.from(await to.signal.decryptMessage({ jid: from.jid, type, ciphertext })).toString()

  test('read everything of each other, whichever of their sessions it is of', async () => {
    await meet(amina, bert)
    await meet(bert, amina)
    for (let round = 0; round < 5; round++) {
      const [ours, theirs] = [await write(amina, bert, `a${round}`), await write(bert, amina, `b${round}`)]
      assert.equal(await read(amina, bert, ours), `a${round}`)
      assert.equal(await read(bert, amina, theirs), `b${round}`)
    }
  })
})
