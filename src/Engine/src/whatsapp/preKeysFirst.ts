import type { SignalDataSet, SignalDataTypeMap, SignalKeyStoreWithTransaction } from 'baileys'
import type { Device } from '../credentials/device.js'

/**
 * Stores new prekeys, and that their ids are taken, before the library goes on. It offers one to whoever is asked for a message again in the
 * middle of the transaction that stores it: of a process that is killed in between nobody would have the key under which the answer comes.
 * @param keys Those that all of the library uses.
 */
export function preKeysFirst(keys: SignalKeyStoreWithTransaction, device: Pick<Device, 'creds' | 'credsEntry' | 'begin' | 'keep'>): void {
  const set = keys.set.bind(keys)
  keys.set = async (data: SignalDataSet) => {
    await set(data)
    const made = Object.entries(data['pre-key'] ?? {}).filter((each): each is [string, SignalDataTypeMap['pre-key']] => each[1] !== null)
    if (made.length > 0 && keys.isInTransaction()) {
      const next = Math.max(...made.map(([id]) => Number(id))) + 1
      const { creds } = device
      // The library will say the same, once it has what it asked for.
      creds.nextPreKeyId = Math.max(creds.nextPreKeyId, next)
      creds.firstUnuploadedPreKeyId = Math.max(creds.firstUnuploadedPreKeyId, next)
      await device.keep([...device.begin({ 'pre-key': Object.fromEntries(made) }), device.credsEntry()])
    }
  }
}
