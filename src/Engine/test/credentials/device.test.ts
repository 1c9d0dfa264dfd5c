import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addTransactionCapability, Curve, initAuthCreds, proto, type SignalDataSet } from 'baileys'
import { decodeCreds, encodeCreds } from '#engine/credentials/codec.js'
import { Device } from '#engine/credentials/device.js'
import { PreKeys } from '#engine/credentials/preKeys.js'
import type { Entry } from '#engine/rpc/contract.js'

const pair = (fill: number) => ({ private: Buffer.alloc(32, fill), public: Buffer.alloc(32, fill + 1) })

function linkedCreds() {
  const account = proto.ADVSignedDeviceIdentity.create({
    details: Buffer.from('details'), accountSignature: Buffer.alloc(64, 1), accountSignatureKey: Buffer.alloc(32, 2), deviceSignature: Buffer.alloc(64, 3),
  })
  return { ...initAuthCreds(), me: { id: '4915112345678:1@s.whatsapp.net' }, account }
}

function linked(extra: Entry[] = []) {
  const stored: Entry[][] = []
  const creds = { name: 'creds', value: Buffer.from(encodeCreds(linkedCreds())).toString('base64') }
  const device = new Device([creds, ...extra], async (changes) => { stored.push(changes) })
  return { device, stored, creds }
}

const everything: SignalDataSet = {
  'pre-key': { 17: pair(1), 900: pair(3) },
  session: { '4915112345678.0': { _sessions: { a: { registrationId: 7, key: 'aGk=' } }, version: 'v1' } as unknown as Uint8Array },
  'sender-key': { 'g::a::0': Buffer.from('sender'), 'g@g.us::4915112345678::1': Buffer.from('ours') },
  'sender-key-memory': { 'g@g.us': { 'a@lid': true } },
  'app-state-sync-key': { 'AAAA/B==': { keyData: Buffer.alloc(32, 9), timestamp: 5 } },
  'app-state-sync-version': { regular: { version: 3, hash: Buffer.alloc(128, 4), indexValueMap: { x: { valueMac: Buffer.from('mac') } } } },
  'lid-mapping': { '4915112345678': '99' },
  'device-list': { '4915112345678': ['0', '2'] },
  tctoken: { 'a@lid': { token: Buffer.from('t'), timestamp: '12' } },
  'identity-key': { 'a.0': Buffer.alloc(33, 5) },
}

describe('A device', () => {
  test('gives back every kind of key as it was written, also after being opened from what was stored', async () => {
    const { device, stored, creds } = linked()
    await device.set(everything)
    assert.equal(stored.length, 1, 'one write is one change')
    const again = new Device([creds, ...(stored[0] ?? [])], async () => undefined)
    for (const each of [device, again]) {
      for (const [type, values] of Object.entries(everything) as [keyof SignalDataSet, Record<string, unknown>][]) {
        const got = each.get(type, Object.keys(values))
        assert.deepEqual(Object.keys(got).sort(), Object.keys(values).sort(), type)
        if (type === 'app-state-sync-key') {
          const key = got['AAAA/B=='] as unknown as proto.Message.IAppStateSyncKeyData
          assert.deepEqual(Buffer.from(key.keyData ?? []), Buffer.alloc(32, 9))
        } else {
          assert.deepEqual(got, values, type)
        }
      }
    }
  })

  test('deletes', async () => {
    const { device, stored } = linked()
    await device.set(everything)
    await device.set({ 'pre-key': { 17: null }, 'lid-mapping': { '4915112345678': null } })
    assert.deepEqual(device.get('pre-key', ['17', '900']), { 900: pair(3) })
    assert.deepEqual(device.get('lid-mapping', ['4915112345678']), {})
    assert.deepEqual(stored[1], [{ name: 'pre-key/17', value: null }, { name: 'lid-mapping/4915112345678', value: null }])
  })

  test('returns from a write only when it is stored, and answers readers meanwhile', async () => {
    let isStored: () => void = () => undefined
    const creds = { name: 'creds', value: Buffer.from(encodeCreds(linkedCreds())).toString('base64') }
    const device = new Device([creds], () => new Promise((resolve) => { isStored = resolve }))
    let returned = false
    const writing = device.set({ 'lid-mapping': { a: 'b' } }).then(() => { returned = true })
    assert.deepEqual(device.get('lid-mapping', ['a']), { a: 'b' })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(returned, false)
    isStored()
    await writing
  })

  test('shows what a transaction began, and does not write it again at its end, over what came after it', async () => {
    const { device, stored } = linked()
    const [begun, later] = ['begun', 'later'].map((text) => ({ 'sender-key': { 'g::a::0': Buffer.from(text) } }))
    const changes = device.begin(begun ?? {})
    assert.deepEqual(device.get('sender-key', ['g::a::0']), begun?.['sender-key'])
    assert.equal(stored.length, 0)
    await device.keep(changes)
    await device.set(later ?? {})
    await device.set(begun ?? {})

    assert.deepEqual(device.get('sender-key', ['g::a::0']), later?.['sender-key'])
    assert.deepEqual(stored.flat().map(({ value }) => Buffer.from(value ?? '', 'base64').includes(Buffer.from('begun').toString('base64'))), [true, false])
  })

  test('has no key of ours for a group any more once it is forgotten who holds it, and no holders of a key that has gone', async () => {
    const { device, stored } = linked()
    device.creds.me = { id: '4915100000001:7@s.whatsapp.net', lid: '999:7@lid' }
    const [ours, theirs] = ['g@g.us::999_1::7', 'g@g.us::111_1::0']
    const sending = { 'sender-key': { [ours ?? '']: Buffer.from('ours') }, 'sender-key-memory': { 'g@g.us': { '111:0@lid': true } } }
    await device.set({ 'sender-key': { [theirs ?? '']: Buffer.from('theirs') } })
    await device.keep(device.begin({ 'sender-key': sending['sender-key'] }))
    await device.set({ 'sender-key-memory': { 'g@g.us': null } })
    assert.deepEqual(Object.keys(device.get('sender-key', [ours ?? '', theirs ?? ''])), [theirs])

    await device.set(sending)
    assert.deepEqual(device.get('sender-key-memory', ['g@g.us']), {})
    assert.deepEqual(stored.at(-1)?.map(({ name, value }) => [name, value]).sort(), [['sender-key-memory/g@g.us', null], [`sender-key/${ours}`, null]])

    await device.keep(device.begin({ 'sender-key': { [ours ?? '']: Buffer.from('new') } }))
    await device.set({ 'sender-key-memory': { 'g@g.us': { '111:0@lid': true } } })
    assert.deepEqual(device.get('sender-key-memory', ['g@g.us']), { 'g@g.us': { '111:0@lid': true } })
  })

  test('does not write again what is so already, and waits for it nonetheless', async () => {
    const isStored: (() => void)[] = []
    const creds = { name: 'creds', value: Buffer.from(encodeCreds(linkedCreds())).toString('base64') }
    const device = new Device([creds], () => new Promise((resolve) => { isStored.push(resolve) }))
    let returned = 0
    const writing = [0, 1].map(async () => {
      await device.set({ 'lid-mapping': { a: 'b' } })
      returned++
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([isStored.length, returned], [1, 0])
    isStored[0]?.()
    await Promise.all(writing)
  })

  test('keeps no list of those of whom it has a token', async () => {
    const { device, stored } = linked()
    await device.set({ tctoken: { 'a@lid': { token: Buffer.from('t') }, __index: { token: Buffer.from('["a@lid"]') } } })
    assert.deepEqual(stored.flat().map(({ name }) => name), ['tctoken/a@lid'])
    assert.deepEqual(device.get('tctoken', ['__index']), {})
  })

  test('writes a transaction of the library as one change', async () => {
    const { device, stored } = linked()
    const silent = { level: 'silent', child: () => silent, trace() {}, debug() {}, info() {}, warn() {}, error() {} }
    const keys = addTransactionCapability(device, silent, { maxCommitRetries: 1, delayBetweenTriesMs: 1 })
    await keys.transaction(async () => {
      await keys.set({ 'lid-mapping': { a: 'b' } })
      await keys.transaction(async () => keys.set({ 'device-list': { a: ['0'] } }), 'another')
    }, 'one')
    assert.deepEqual(stored.map((changes) => changes.map(({ name }) => name)), [['lid-mapping/a', 'device-list/a']])
  })

  test('keeps the credentials byte for byte', () => {
    const creds = linkedCreds()
    const read = decodeCreds(encodeCreds(creds))
    assert.deepEqual(read.noiseKey, creds.noiseKey)
    assert.deepEqual(Buffer.from(proto.ADVSignedDeviceIdentity.encode(read.account ?? {}).finish()),
      Buffer.from(proto.ADVSignedDeviceIdentity.encode(creds.account).finish()))
    assert.equal(encodeCreds(read), encodeCreds(creds))
  })

  test('starts over with fresh credentials when no account ever signed the old ones', () => {
    const half = { ...initAuthCreds(), me: { id: '4915112345678@s.whatsapp.net', name: '~' } }
    const device = new Device([{ name: 'creds', value: Buffer.from(encodeCreds(half)).toString('base64') }], async () => undefined)
    assert.equal(device.creds.me, undefined)
    assert.notDeepEqual(device.creds.noiseKey, half.noiseKey)
    assert.equal(device.isLinked, false)
  })

  test('never makes a new identity out of secrets it cannot read', () => {
    const broken = Buffer.from('{"noiseKey":').toString('base64')
    assert.throws(() => new Device([{ name: 'creds', value: broken }], async () => undefined))
    assert.throws(() => new Device([{ name: 'pre-key/1', value: '' }], async () => undefined), /no credentials/)
  })
})

describe('Prekeys', () => {
  test('812 of them cost little more than their bytes', () => {
    const keys = new PreKeys()
    keys.change(Array.from({ length: 812 }, (_, index) => [index + 1, PreKeys.pack(Curve.generateKeyPair())]))
    assert.equal(keys.size, 812)
    keys.change([[400, null], [9_000_000, PreKeys.pack(pair(7))]])
    assert.equal(keys.size, 812)
    assert.equal(keys.get(400), undefined)
    assert.deepEqual(keys.get(9_000_000), pair(7))
    assert.notEqual(keys.get(812), undefined)
  })

  test('refuses what is no pair of 32 bytes', () => {
    assert.throws(() => PreKeys.pack({ private: Buffer.alloc(31), public: Buffer.alloc(32) }))
  })
})
