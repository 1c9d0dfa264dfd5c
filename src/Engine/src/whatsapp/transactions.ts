import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { SignalKeyStoreWithTransaction } from 'baileys'

/**
 * Lets a transaction of the library's keys end with its work. What the library begins in the middle of one and does not wait for, such as the
 * question that lets a person write to us, goes on within it: what it sets then, when the transaction is stored already, would be kept nowhere,
 * and the next one would do it all again.
 * @param keys Those that all of the library uses.
 */
export function endWithWork(keys: SignalKeyStoreWithTransaction): void {
  const { get, set, isInTransaction, transaction } = keys
  const running = new AsyncLocalStorage<{ isOver: boolean }>()
  const outside = new AsyncResource('KeysOutsideOfTransactions')
  const inPlace = <R>(work: () => R): R => running.getStore()?.isOver ? outside.runInAsyncScope(work) : work()

  const begin = async <R>(work: () => Promise<R>): Promise<R> => {
    const begun = { isOver: false }
    try {
      return await running.run(begun, work)
    } finally {
      begun.isOver = true
    }
  }

  Object.assign(keys, {
    get: (type, ids) => inPlace(() => get(type, ids)),
    set: (data) => inPlace(() => set(data)),
    isInTransaction: () => inPlace(isInTransaction),
    transaction: (work, key) => inPlace(() => transaction(isInTransaction() ? work : () => begin(work), key)),
  } satisfies SignalKeyStoreWithTransaction)
}
