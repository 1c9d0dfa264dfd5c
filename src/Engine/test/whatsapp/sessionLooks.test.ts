import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { describe, test } from 'node:test'
import { addTransactionCapability, Curve, DEFAULT_CONNECTION_CONFIG, generateSignalPubKey, initAuthCreds, signedKeyPair } from 'baileys'
import { Device } from '#engine/credentials/device.js'
import { libraryLog } from '#engine/whatsapp/libraryLog.js'
import { SessionLooks } from '#engine/whatsapp/sessionLooks.js'

const [byNumber, hidden, address] = ['919800000001:4@s.whatsapp.net', '111:4@lid', '111_1.4']

/** The library's own repository, over the keys of a device. */
async function library() {
  const device = new Device(undefined, () => Promise.resolve())
  await device.set({ 'lid-mapping': { 919800000001: '111', '111_reverse': '919800000001' } })
  const logger = libraryLog(() => undefined) as Parameters<typeof addTransactionCapability>[1]
  const keys = addTransactionCapability(device, logger, { maxCommitRetries: 1, delayBetweenTriesMs: 1 })
  const refused = new Set<string>()
  const looks = new SessionLooks(device, (each) => refused.has(each))
  const repository = looks.wrap(DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: initAuthCreds(), keys }, logger, undefined))
  const begin = async (jid: string) => {
    const identity = Curve.generateKeyPair()
    const { keyId, keyPair, signature } = signedKeyPair(identity, 1)
    await repository.injectE2ESession({ jid, session: {
      registrationId: 1, identityKey: generateSignalPubKey(identity.public),
      signedPreKey: { keyId, publicKey: generateSignalPubKey(keyPair.public), signature }, preKey: { keyId: 2, publicKey: generateSignalPubKey(Curve.generateKeyPair().public) },
    } })
    return device.get('session', [address])[address]
  }
  return { device, keys, refused, looks, repository, begin }
}

describe('What the library is told of a session', () => {
  test('is whether there is one, under whichever address, and that there is one where none is to be had', async () => {
    const { refused, looks, repository, begin } = await library()
    const told = async () => (await Promise.all([byNumber, hidden].map(repository.validateSession))).map(({ exists }) => exists)
    assert.deepEqual(await told(), [false, false])
    refused.add(hidden)
    assert.deepEqual([await told(), (await looks.honest.validateSession(hidden)).exists], [[false, true], false])
    refused.clear()
    await begin(hidden)
    assert.deepEqual(await told(), [true, true])
  })

  for (const jid of [byNumber, hidden]) {
    test(`keeps nothing back of what comes of that session later in the same transaction (${jid})`, async () => {
      const { keys, repository, begin } = await library()
      const outside = new AsyncResource('whatever comes meanwhile')
      await begin(hidden)
      let later: unknown
      await keys.transaction(async () => {
        assert.ok((await repository.validateSession(jid)).exists)
        later = await outside.runInAsyncScope(() => begin(hidden))
        assert.deepEqual((await keys.get('session', [address]))[address], later)
      }, 'send')
      assert.ok(later)
    })
  }
})
