import {
  type AuthenticationCreds, initAuthCreds, jidDecode, type SignalDataSet, type SignalDataTypeMap, type SignalKeyStore, WAJIDDomains,
} from 'baileys'
import type { Entry } from '../rpc/contract.js'
import { decodeCreds, decodeKey, encodeCreds, encodeKey } from './codec.js'
import { PreKeys } from './preKeys.js'

type KeyType = keyof SignalDataTypeMap

/**
 * A list of everybody whom the library has a token of, by which it finds those that are too old when it comes online. A number of ours never does, and the
 * list would be written anew, whole, with each person that is written to.
 */
const tokenIndex = 'tctoken/__index'

/** Stores changes, all or none, and returns when they are stored. */
export type StoreChanges = (changes: Entry[]) => Promise<void>

/**
 * The secrets of one device: answered from memory, written through. A write is seen by readers at once but returns only
 * when it is stored, so that nothing goes out to the network that rests on a key only this process has. The library writes at the
 * end of a transaction, which is too late for what it sends in the middle of one: that is what `begin` and `keep` are for.
 */
export class Device implements SignalKeyStore {
  readonly creds: AuthenticationCreds
  readonly #preKeys = new PreKeys()
  readonly #keys = new Map<string, string>()
  readonly #begun = new WeakSet<object>()
  #storing: Promise<void> = Promise.resolve()

  constructor(entries: Entry[] | undefined, private readonly store: StoreChanges) {
    const secrets = new Map((entries ?? []).map(({ name, value }) => [name, value]))
    const creds = secrets.get('creds')
    const known = creds ? decodeCreds(Buffer.from(creds, 'base64').toString('utf8')) : undefined
    if (entries && entries.length > 0 && !known) {
      throw new Error('The device has keys but no credentials.')
    }
    // Credentials that no account signed are of a linking that never ended: logging in with them looks like a log-out.
    if (!known?.account) {
      this.creds = initAuthCreds()
      return
    }
    this.creds = known
    const preKeys: [number, Uint8Array][] = []
    for (const [name, value] of secrets) {
      const { type, id } = split(name)
      if (value === null || type === undefined) {
        continue
      }
      const bytes = Buffer.from(value, 'base64')
      if (type === 'pre-key') {
        preKeys.push([Number(id), bytes])
      } else {
        this.#keys.set(name, bytes.toString('utf8'))
      }
    }
    this.#preKeys.change(preKeys)
  }

  /** An account has signed this device; before that nothing of it is worth keeping. */
  get isLinked(): boolean {
    return this.creds.account !== undefined && this.creds.account !== null
  }

  /** The whole credentials as they are now, never a part of them. */
  credsEntry(): Entry {
    return { name: 'creds', value: Buffer.from(encodeCreds(this.creds)).toString('base64') }
  }

  get<T extends KeyType>(type: T, ids: string[]): { [id: string]: SignalDataTypeMap[T] } {
    const found: { [id: string]: SignalDataTypeMap[T] } = {}
    for (const id of ids) {
      if (type === 'pre-key') {
        const pair = this.#preKeys.get(Number(id))
        if (pair) {
          found[id] = pair as unknown as SignalDataTypeMap[T]
        }
      } else {
        const text = this.#keys.get(`${type}/${id}`)
        if (text !== undefined) {
          found[id] = decodeKey(type, text)
        }
      }
    }
    return found
  }

  set(data: SignalDataSet): Promise<void> {
    return this.keep(this.#change(this.#keysWithHolders(data)))
  }

  /**
   * Changes what readers see, before the transaction ends that it is a part of. What is returned is to be kept by then: the end of the
   * transaction, which comes with the same values, does not write them again, and not over what came after them.
   */
  begin(data: SignalDataSet): Entry[] {
    const changes = this.#change(data)
    for (const value of Object.values(data).flatMap((values: Record<string, unknown>) => Object.values(values))) {
      if (typeof value === 'object' && value !== null) {
        this.#begun.add(value)
      }
    }
    return changes
  }

  /** Returns when the changes are stored, and all that came before them. */
  async keep(changes: Entry[]): Promise<void> {
    if (changes.length > 0) {
      this.#storing = this.store(changes)
    }
    await this.#storing
  }

  /** Whether that is what is known under this name at this moment. */
  holds({ name, value }: Entry): boolean {
    const text = this.#keys.get(name)
    return (text === undefined ? null : Buffer.from(text).toString('base64')) === value
  }

  /**
   * Who holds our key of a group is said of that key alone. The library forgets who does when somebody asks again, and would give the
   * same key to all who are members by then: to others than those who hold it, and nobody would know any more that they do. So the
   * key goes with its holders, and what a message that was under way says of the holders of a key that has gone is not kept.
   */
  #keysWithHolders(data: SignalDataSet): SignalDataSet {
    const holders = Object.entries(data['sender-key-memory'] ?? {})
    if (holders.length === 0) {
      return data
    }
    const keys: Record<string, Uint8Array | null> = { ...data['sender-key'] }
    const kept: Record<string, Record<string, boolean> | null> = {}
    for (const [group, held] of holders) {
      const ours = [this.creds.me?.id, this.creds.me?.lid].flatMap((own) => own ? [groupKeyName(group, own)] : []).filter((name) => {
        const key = keys[name]
        return key !== null && (this.#keys.has(`sender-key/${name}`) || (key !== undefined && !this.#begun.has(key)))
      })
      if (held === null) {
        ours.forEach((name) => {
          keys[name] = null
        })
      }
      if (held === null || ours.length > 0) {
        kept[group] = held
      }
    }
    return { ...data, 'sender-key': keys, 'sender-key-memory': kept } as SignalDataSet
  }

  #change(data: SignalDataSet): Entry[] {
    const changes: Entry[] = []
    const preKeys: [number, Uint8Array | null][] = []
    for (const [type, values] of Object.entries(data) as [KeyType, Record<string, unknown>][]) {
      for (const [id, value] of Object.entries(values)) {
        const name = `${type}/${id}`
        const gone = value === null || value === undefined
        if (name === tokenIndex || (!gone && this.#begun.has(value))) {
          continue
        }
        if (type === 'pre-key') {
          const pair = gone ? null : PreKeys.pack(value as SignalDataTypeMap['pre-key'])
          preKeys.push([Number(id), pair])
          changes.push({ name, value: pair && pair.toString('base64') })
        } else if (gone) {
          this.#keys.delete(name)
          changes.push({ name, value: null })
        } else {
          const text = encodeKey(type, value)
          if (this.#keys.get(name) !== text) {
            this.#keys.set(name, text)
            changes.push({ name, value: Buffer.from(text).toString('base64') })
          }
        }
      }
    }
    if (preKeys.length > 0) {
      this.#preKeys.change(preKeys)
    }
    return changes
  }
}

// An id may hold slashes, such as the base64 of an app-state key; a type never does.
function split(name: string): { type?: string; id: string } {
  const slash = name.indexOf('/')
  return slash < 0 ? { id: name } : { type: name.slice(0, slash), id: name.slice(slash + 1) }
}

/** As the library names the key of a device in a group. */
function groupKeyName(group: string, author: string): string {
  const { user = '', device = 0, domainType } = jidDecode(author) ?? {}
  return `${group}::${domainType === WAJIDDomains.LID ? `${user}_${domainType}` : user}::${device}`
}
