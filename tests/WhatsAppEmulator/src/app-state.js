import { encodeSyncdPatch, newLTHashState, proto } from 'baileys'
import { seconds } from './stanza.js'

const { SET } = proto.SyncdMutation.SyncdOperation
const CONTACTS = 'critical_unblock_low'
const OWN = 'critical_block'

/** What a phone tells its companions of its own settings and address book: collections of encrypted patches, in order. */
export class AppState {
  #key
  #collections = new Map()

  constructor(ids) {
    this.#key = { id: Buffer.concat([Buffer.alloc(2), ids.bytes(4)]), data: ids.bytes(32) }
  }

  /** The key that companions need to read any of it. */
  get keyShare() {
    return {
      keys: [{
        keyId: { keyId: this.#key.id },
        keyData: { keyData: this.#key.data, fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0] }, timestamp: seconds() }
      }]
    }
  }

  /** Writes a person into the address book; returns the collection that changed. */
  saveContact({ jid, lidJid, name }) {
    return this.#change(CONTACTS, {
      index: ['contact', jid],
      apiVersion: 2,
      syncAction: { timestamp: Date.now(), contactAction: { fullName: name, firstName: name.split(' ')[0], lidJid, saveOnPrimaryAddressbook: true } }
    })
  }

  /** Writes down what the owner is called. */
  saveOwnName(name) {
    return this.#change(OWN, { index: ['setting_pushName'], apiVersion: 1, syncAction: { timestamp: Date.now(), pushNameSetting: { name } } })
  }

  version(name) {
    return this.#collections.get(name)?.patches.length ?? 0
  }

  /** The patches that somebody who has the given version lacks. */
  since(name, version) {
    return this.#collections.get(name)?.patches.slice(version) ?? []
  }

  async #change(name, { index, syncAction, apiVersion }) {
    const known = this.#collections.get(name) ?? { state: newLTHashState(), patches: [] }
    const change = { type: name, index, syncAction, apiVersion, operation: SET }
    const { patch, state } = await encodeSyncdPatch(change, this.#key.id.toString('base64'), known.state, async () => ({ keyData: this.#key.data }))
    const patches = [...known.patches, Buffer.from(proto.SyncdPatch.encode({ ...patch, version: { version: state.version } }).finish())]
    this.#collections.set(name, { state, patches })
    return { name, version: patches.length }
  }

  save() {
    return { key: this.#key, collections: this.#collections }
  }

  restore({ key, collections }) {
    this.#key = key
    this.#collections = collections
  }
}
