import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import type { SignalRepositoryWithLIDStore } from 'baileys'
import { Queues } from './queues.js'

const nobodys = new Queues()
const owner = new AsyncLocalStorage<Queues>()

function inOwnQueue<R>(address: string, job: () => Promise<R>): Promise<R> {
  return (owner.getStore() ?? nobodys).run(address, job)
}

/**
 * The Signal library has one queue for each device that is written to or heard from, and all numbers of a process share it: a job of
 * one number that waits, for the network or for storage, holds up everybody else who has to do with that person, for ever when it
 * never returns; and a job that waited runs in the context of the number before it, outside its own transaction. So each connection
 * gets queues of its own. To be called before the library is loaded.
 */
export function separateQueues(): void {
  const require = createRequire(import.meta.resolve('baileys'))
  const path = require.resolve('libsignal/src/queue_job.js')
  const loaded = () => require.cache[path]
  if (loaded()?.exports === inOwnQueue) {
    return
  }
  if (loaded()) {
    throw new Error('The Signal library is loaded already.')
  }
  require(path)
  Object.assign(loaded() ?? {}, { exports: inOwnQueue })
}

/** The same repository, with queues of its own. */
export function withOwnQueue(repository: SignalRepositoryWithLIDStore): SignalRepositoryWithLIDStore {
  const queue = new Queues()
  const owned = <A, R>(work: (argument: A) => Promise<R>) => (argument: A): Promise<R> => owner.run(queue, () => work(argument))
  return {
    ...repository,
    encryptMessage: owned((options) => repository.encryptMessage(options)),
    decryptMessage: owned((options) => repository.decryptMessage(options)),
    injectE2ESession: owned((options) => repository.injectE2ESession(options)),
  }
}
