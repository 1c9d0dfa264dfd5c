import { Curve, generateSignalPubKey, proto, signedKeyPair } from 'baileys'
import { GroupCipher, GroupSessionBuilder, SenderKeyDistributionMessage, SenderKeyMessage, SenderKeyName, SenderKeyRecord } from 'baileys/lib/Signal/Group/index.js'
import libsignal from 'libsignal'
import { olds } from './attempts.js'

const MAX_UNUSED_PRE_KEYS = 500

/** The end-to-end encryption of one phone: its keys and its sessions with other devices, all in memory. */
export class SignalKeys {
  identity = Curve.generateKeyPair()
  registrationId = 1 + Math.floor(Math.random() * 16_380)
  #owner
  #signedPreKey = signedKeyPair(this.identity, 1)
  #preKeys = new Map()
  #nextPreKey = 1
  #sessions = new Map()
  #senderKeys = new Map()
  #store = this.#createStore()

  constructor(owner) {
    this.#owner = owner
  }

  /** How many one-time keys it has handed out. */
  get keysGiven() {
    return this.#nextPreKey - 1
  }

  /** A bundle for somebody who wants to write to this phone, with a one-time key of its own. */
  takeBundle() {
    if (this.#preKeys.size >= MAX_UNUSED_PRE_KEYS) this.#preKeys.delete(this.#preKeys.keys().next().value)
    const id = this.#nextPreKey++
    const pair = Curve.generateKeyPair()
    this.#preKeys.set(id, pair)
    const { keyPair, keyId, signature } = this.#signedPreKey
    return {
      registrationId: this.registrationId,
      identity: this.identity.public,
      signedPreKey: { id: keyId, value: keyPair.public, signature },
      preKey: { id, value: pair.public }
    }
  }

  /** Encrypts for a device; `takeBundle` is asked when there is no session yet, or a new one is wanted. */
  async encrypt(device, message, { fresh = false } = {}) {
    const address = this.#address(device)
    if (fresh || !this.#sessions.has(address.toString())) await this.#open(address, device.takeBundle())
    const { type, body } = await new libsignal.SessionCipher(this.#store, address).encrypt(pad(proto.Message.encode(message).finish()))
    return { type: type === 3 ? 'pkmsg' : 'msg', content: Buffer.from(body, 'binary') }
  }

  async decrypt(device, { type, content }) {
    const cipher = new libsignal.SessionCipher(this.#store, this.#address(device))
    let plain
    try {
      plain = type === 'pkmsg' ? await cipher.decryptPreKeyWhisperMessage(content) : await cipher.decryptWhisperMessage(content)
    } catch (error) {
      if (olds.has(cipher)) error.isOld = true
      throw error
    }
    return proto.Message.decode(unpad(plain))
  }

  /** Encrypts for a group; `distribution` is what each member needs once to read it. */
  async encryptForGroup(group, message) {
    const name = this.#senderKeyName(group, this.#owner)
    const distribution = await this.distribute(group)
    const content = await new GroupCipher(this.#store, name).encrypt(pad(proto.Message.encode(message).finish()))
    return { content: Buffer.from(content), distribution }
  }

  /** What a member needs to read this phone's messages in a group, from the next one on. */
  async distribute(group) {
    const message = await new GroupSessionBuilder(this.#store).create(this.#senderKeyName(group, this.#owner))
    return Buffer.from(message.serialize())
  }

  async decryptFromGroup(group, device, content) {
    const plain = await new GroupCipher(this.#store, this.#senderKeyName(group, addressOf(device))).decrypt(content).catch(error => {
      if (/old counter/i.test(error.message)) error.isOld = true
      throw error
    })
    return proto.Message.decode(unpad(plain))
  }

  /** Whether this phone was given the key of a device that a group's ciphertext names. */
  hasGroupKey(group, device, content) {
    const { keyId } = new SenderKeyMessage(null, null, null, null, content)
    return this.#senderKeys.get(this.#senderKeyName(group, addressOf(device)).toString())?.getSenderKeyState(keyId) !== undefined
  }

  async learnSenderKey(group, device, distribution) {
    const message = new SenderKeyDistributionMessage(null, null, null, null, distribution)
    await new GroupSessionBuilder(this.#store).process(this.#senderKeyName(group, addressOf(device)), message)
  }

  /** Loses the session with a device and its group keys, as a phone does that was restored from a backup. */
  forget(device) {
    this.#sessions.delete(this.#address(device).toString())
    const author = this.#senderKeyName('', addressOf(device)).toString()
    for (const name of this.#senderKeys.keys()) {
      if (name.endsWith(author)) this.#senderKeys.delete(name)
    }
  }

  save() {
    return {
      identity: this.identity,
      registrationId: this.registrationId,
      signedPreKey: this.#signedPreKey,
      preKeys: this.#preKeys,
      nextPreKey: this.#nextPreKey,
      sessions: [...this.#sessions].map(([id, session]) => [id, session.serialize()]),
      senderKeys: [...this.#senderKeys].map(([name, record]) => [name, record.serialize()])
    }
  }

  restore({ identity, registrationId, signedPreKey, preKeys, nextPreKey, sessions, senderKeys }) {
    Object.assign(this, { identity, registrationId })
    this.#signedPreKey = signedPreKey
    this.#preKeys = preKeys
    this.#nextPreKey = nextPreKey
    this.#sessions = new Map(sessions.map(([id, session]) => [id, libsignal.SessionRecord.deserialize(session)]))
    this.#senderKeys = new Map(senderKeys.map(([name, states]) => [name, new SenderKeyRecord(states)]))
  }

  async #open(address, { registrationId, identity, signedPreKey, preKey }) {
    await new libsignal.SessionBuilder(this.#store, address).initOutgoing({
      registrationId,
      identityKey: generateSignalPubKey(identity),
      signedPreKey: { keyId: signedPreKey.id, publicKey: generateSignalPubKey(signedPreKey.value), signature: signedPreKey.signature },
      preKey: preKey && { keyId: preKey.id, publicKey: generateSignalPubKey(preKey.value) }
    })
  }

  // libsignal orders its work by address for the whole process, so a phone's addresses must be no client's.
  #address(device) {
    return new libsignal.ProtocolAddress(`${this.#owner}>${addressOf(device)}`, device.id)
  }

  #senderKeyName(group, author) {
    return new SenderKeyName(group, new libsignal.ProtocolAddress(`${this.#owner}>${author}`, 0))
  }

  #createStore() {
    const pair = ({ public: key, private: secret }) => ({ pubKey: generateSignalPubKey(key), privKey: secret })
    return {
      getOurIdentity: () => pair(this.identity),
      getOurRegistrationId: () => this.registrationId,
      isTrustedIdentity: () => true,
      loadSession: id => this.#sessions.get(id),
      storeSession: (id, session) => void this.#sessions.set(id, session),
      loadPreKey: id => this.#preKeys.has(id) ? pair(this.#preKeys.get(id)) : undefined,
      removePreKey: id => void this.#preKeys.delete(id),
      loadSignedPreKey: () => pair(this.#signedPreKey.keyPair),
      loadSenderKey: async name => this.#senderKeys.get(name.toString()) ?? new SenderKeyRecord(),
      storeSenderKey: async (name, record) => void this.#senderKeys.set(name.toString(), record)
    }
  }
}

const addressOf = device => `${device.account.phone}-${device.id}`

function pad(plain) {
  return Buffer.concat([plain, Buffer.alloc(8, 8)])
}

function unpad(padded) {
  return padded.subarray(0, padded.length - padded[padded.length - 1])
}
