import asyncHooks, { AsyncLocalStorage } from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

/** What each storage holds in this context. */
const shared = new AsyncLocalStorage<ReadonlyMap<object, unknown>>()
const nothing: ReadonlyMap<object, unknown> = new Map()

function where<T>(storage: object, store: T): ReadonlyMap<object, unknown> {
  return new Map(shared.getStore()).set(storage, store)
}

/** Behaves like the storage of Node, and costs promises nothing. */
class SharedStorage<T> {
  static readonly bind = AsyncLocalStorage.bind
  static readonly snapshot = AsyncLocalStorage.snapshot

  run<R, A extends unknown[]>(store: T, callback: (...args: A) => R, ...args: A): R {
    return shared.run(where(this, store), callback, ...args)
  }

  exit<R, A extends unknown[]>(callback: (...args: A) => R, ...args: A): R {
    return shared.run(where(this, undefined), callback, ...args)
  }

  getStore(): T | undefined {
    return shared.getStore()?.get(this) as T | undefined
  }

  enterWith(store: T): void {
    shared.enterWith(where(this, store))
  }

  disable(): void {
    shared.enterWith(where(this, undefined))
  }
}

/**
 * Lets all storages that are made from now on share one. Up to its version 22 Node hands every storage that was ever used on to
 * every promise that is made, and the library makes a storage for each number: with 60 numbers a third of the time went into
 * that, with 150 more than half.
 */
export function shareContext(): void {
  if (asyncHooks.AsyncLocalStorage as unknown === SharedStorage) {
    return
  }
  Object.assign(asyncHooks, { AsyncLocalStorage: SharedStorage })
  syncBuiltinESMExports()
  Object.assign(globalThis, { setTimeout: ofNobody(setTimeout), setInterval: ofNobody(setInterval) })
}

/**
 * A timer keeps the context in which it is set for as long as it runs, and what it calls belongs to it. The caches of the library set one
 * for three days with each person, in the midst of a transaction: all keys that were read in it stayed in memory with it. What waits for a
 * timer by a promise keeps its own context.
 */
function ofNobody<A extends unknown[], R>(set: (...args: A) => R): (...args: A) => R {
  const setOfNobody = (...args: A) => shared.run(nothing, set, ...args)
  return Object.defineProperties(setOfNobody, Object.getOwnPropertyDescriptors(set))
}
