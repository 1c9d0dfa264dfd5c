import { encodeSyncdPatch, newLTHashState, proto } from 'baileys'
import { seconds } from './stanza.js'

const { SET } = proto.SyncdMutation.SyncdOperation
const CONTACTS = 'critical_unblock_low'
const OWN = 'critical_block'

/** What a phone tells its companions of its own settings and address book: collections of encrypted patches, in order. */
export class AppState {
  #key
  #collections = new Map()
  #inlineUpTo
  #addFile

  /** `inlineUpTo`: of how many bytes a patch may be to carry its mutations itself; `addFile` keeps a file with those of a larger one. */
  constructor(ids, { inlineUpTo, addFile }) {
    this.#inlineUpTo = inlineUpTo
    this.#addFile = addFile
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

  /** The patches that somebody who has the given version lacks. */
  since(name, version) {
    return this.#collections.get(name)?.patches.slice(version) ?? []
  }

  /** A collection as it is now, for somebody who has nothing of it, and the version that this is; undefined for one without a change. */
  snapshot(name) {
    const { state: { version }, records, mac } = this.#collections.get(name) ?? { state: {} }
    if (!records) return undefined
    const snapshot = { version: { version }, records: [...records.values()], mac, keyId: { id: this.#key.id } }
    return { version, content: proto.SyncdSnapshot.encode(snapshot).finish() }
  }

  async #change(name, { index, syncAction, apiVersion }) {
    const known = this.#collections.get(name) ?? { state: newLTHashState(), patches: [], records: new Map() }
    const change = { type: name, index, syncAction, apiVersion, operation: SET }
    const { patch, state } = await encodeSyncdPatch(change, this.#key.id.toString('base64'), known.state, async () => ({ keyData: this.#key.data }))
    const records = new Map(known.records)
    for (const { record } of patch.mutations) records.set(Buffer.from(record.index.blob).toString('base64'), record)
    const patches = [...known.patches, await this.#encoded({ ...patch, version: { version: state.version } })]
    this.#collections.set(name, { state, patches, records, mac: patch.snapshotMac })
    return { name, version: patches.length }
  }

  /** A patch as the server keeps it: with its mutations in a file beside it where they are larger than what goes inline. */
  async #encoded(patch) {
    const mutations = proto.SyncdMutations.encode({ mutations: patch.mutations }).finish()
    const content = mutations.length <= this.#inlineUpTo()
      ? patch
      : { ...patch, mutations: [], externalMutations: referenceTo(await this.#addFile('md-app-state', mutations)) }
    return Buffer.from(proto.SyncdPatch.encode(content).finish())
  }

  save() {
    return { key: this.#key, collections: this.#collections }
  }

  restore({ key, collections }) {
    this.#key = key
    this.#collections = collections
  }
}

/** How the phone and the server tell of a file of app state. */
export const referenceTo = ({ directPath, mediaKey, fileSha256, fileEncSha256, fileLength }) =>
  ({ directPath, mediaKey, fileSha256, fileEncSha256, fileSizeBytes: fileLength })
