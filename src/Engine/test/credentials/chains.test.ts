import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addTransactionCapability, type AuthenticationCreds, Curve, DEFAULT_CONNECTION_CONFIG, generateSignalPubKey, initAuthCreds, proto, type SignalKeyStoreWithTransaction,
} from 'baileys'
import { encodeCreds } from '#engine/credentials/codec.js'
import { Device } from '#engine/credentials/device.js'
import type { Entry } from '#engine/rpc/contract.js'
import { libraryLog } from '#engine/whatsapp/libraryLog.js'

interface Chain { chainType: number; chainKey: { key?: string } }

/** Somebody with a device, whose secrets are read anew from what was stored whenever a new connection begins. */
class Person {
  readonly #stored = new Map<string, string>()
  readonly #log = libraryLog(() => undefined)
  readonly #creds: AuthenticationCreds

  constructor(readonly phone: string) {
    const account = proto.ADVSignedDeviceIdentity.create({
      details: Buffer.from('details'), accountSignature: Buffer.alloc(64, 1), accountSignatureKey: Buffer.alloc(32, 2), deviceSignature: Buffer.alloc(64, 3),
    })
    this.#creds = { ...initAuthCreds(), me: { id: `${phone}@s.whatsapp.net` }, account }
    this.#store([{ name: 'creds', value: Buffer.from(encodeCreds(this.#creds)).toString('base64') }])
  }

  get jid(): string {
    return `${this.phone}@s.whatsapp.net`
  }

  async bundle() {
    const preKey = Curve.generateKeyPair()
    await this.#device().set({ 'pre-key': { 1: preKey } })
    const { registrationId, signedIdentityKey, signedPreKey } = this.#creds
    return {
      registrationId,
      identityKey: generateSignalPubKey(signedIdentityKey.public),
      signedPreKey: { keyId: signedPreKey.keyId, publicKey: generateSignalPubKey(signedPreKey.keyPair.public), signature: signedPreKey.signature },
      preKey: { keyId: 1, publicKey: generateSignalPubKey(preKey.public) },
    }
  }

  connect() {
    const device = this.#device()
    const keys: SignalKeyStoreWithTransaction = addTransactionCapability(device, this.#log, { maxCommitRetries: 1, delayBetweenTriesMs: 0 })
    return DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: device.creds, keys }, this.#log, async () => undefined)
  }

  /** The chains of each session that is stored. */
  chains(): Chain[][] {
    return [...this.#stored].filter(([name]) => name.startsWith('session/')).flatMap(([, value]) => {
      const record = JSON.parse(Buffer.from(value, 'base64').toString()) as { _sessions: Record<string, { _chains: Record<string, Chain> }> }
      return Object.values(record._sessions).map(({ _chains }) => Object.values(_chains))
    })
  }

  #device(): Device {
    return new Device([...this.#stored].map(([name, value]) => ({ name, value })), async (changes) => this.#store(changes))
  }

  #store(changes: Entry[]): void {
    for (const { name, value } of changes) {
      if (value === null) {
        this.#stored.delete(name)
      } else {
        this.#stored.set(name, value)
      }
    }
  }
}

test('A conversation of many turns is read to its end, and also what comes a few turns late, without growing', async () => {
  const ada = new Person('4915111111111')
  const ben = new Person('4915122222222')
  await ada.connect().injectE2ESession({ jid: ben.jid, session: await ben.bundle() })
  const write = async (from: Person, to: Person, text: string) =>
    ({ from, to, text, ...(await from.connect().encryptMessage({ jid: to.jid, data: Buffer.from(text) })) })
  const read = async ({ from, to, text, type, ciphertext }: Awaited<ReturnType<typeof write>>) => {
    const plaintext = await to.connect().decryptMessage({ jid: from.jid, type, ciphertext })
    assert.equal(Buffer.from(plaintext).toString(), text)
  }

  for (let turn = 0; turn < 30; turn++) {
    const late = await write(ada, ben, `ada, late, ${turn}`)
    await read(await write(ada, ben, `ada ${turn}`))
    for (let since = 0; since < 3; since++) {
      await read(await write(ben, ada, `ben ${turn}.${since}`))
      await read(await write(ada, ben, `ada ${turn}.${since}`))
    }
    await read(late)
    await read(await write(ben, ada, `ben ${turn}`))
  }

  for (const person of [ada, ben]) {
    const sessions = person.chains()
    assert.equal(sessions.length, 1)
    assert.ok((sessions[0]?.length ?? 0) >= 6)
    assert.equal(sessions[0]?.filter(({ chainType, chainKey }) => chainType === 2 && !chainKey.key).length, 5)
  }
})
