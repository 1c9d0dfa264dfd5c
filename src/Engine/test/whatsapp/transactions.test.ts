import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { addTransactionCapability, type SignalDataSet, type SignalDataTypeMap, type SignalKeyStoreWithTransaction } from 'baileys'
import { libraryLog } from '#engine/whatsapp/libraryLog.js'
import { endWithWork } from '#engine/whatsapp/transactions.js'

describe('A transaction of the library', () => {
  const stored: SignalDataSet[] = []
  let keys: SignalKeyStoreWithTransaction
  /** What the next write of them waits for. */
  let storage: Promise<void>

  beforeEach(() => {
    stored.length = 0
    storage = Promise.resolve()
    keys = addTransactionCapability({
      get: async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => Object.fromEntries(ids.flatMap((id) => {
        const value = stored.map((data) => data[type]?.[id]).findLast((each) => each !== undefined)
        return value ? [[id, value]] : []
      })) as { [id: string]: SignalDataTypeMap[T] },
      set: async (data) => {
        stored.push(structuredClone(data) as SignalDataSet)
        await storage
      },
    }, libraryLog(() => undefined), { maxCommitRetries: 1, delayBetweenTriesMs: 1 })
    endWithWork(keys)
  })

  const mapping = async (value: string) => await keys.set({ 'lid-mapping': { a: value } })
  const mapped = async () => (await keys.get('lid-mapping', ['a']))['a']

  /** Something that is begun in the middle of a transaction and goes on when it is told to. */
  function later<R>(work: () => Promise<R>): { begin: () => void; goOn: () => Promise<R> } {
    let resume!: () => void
    const told = new Promise<void>((resolve) => { resume = resolve })
    let going!: Promise<R>
    return {
      begin: () => { going = told.then(work) },
      goOn: () => {
        resume()
        return going
      },
    }
  }

  test('keeps what is set in it for its end, and shows it before', async () => {
    await keys.transaction(async () => {
      await mapping('one')
      await keys.transaction(() => mapping('two'), 'another')
      assert.equal(await mapped(), 'two')
      assert.ok(keys.isInTransaction())
      assert.deepEqual(stored, [])
    }, 'me')
    assert.deepEqual(stored, [{ 'lid-mapping': { a: 'two' } }])
  })

  test('stores with the rest what is set, while it goes on, by what was begun in it', async () => {
    const late = later(() => mapping('late'))
    await keys.transaction(async () => {
      late.begin()
      await mapping('one')
      await late.goOn()
    }, 'me')
    assert.deepEqual(stored, [{ 'lid-mapping': { a: 'late' } }])
  })

  test('leaves what is set when it is over to be stored by itself', async () => {
    const late = later(async () => {
      const seen = [keys.isInTransaction(), await mapped()]
      await mapping('late')
      return seen
    })
    await keys.transaction(async () => {
      await mapping('one')
      late.begin()
    }, 'me')
    await keys.transaction(() => mapping('two'), 'me')
    assert.deepEqual(await late.goOn(), [false, 'two'])
    assert.deepEqual(stored.at(-1), { 'lid-mapping': { a: 'late' } })
    assert.equal(await mapped(), 'late')
  })

  test('leaves it also while it is being stored itself, and when it failed', async () => {
    let finish!: () => void
    storage = new Promise((resolve) => { finish = resolve })
    const [during, after] = [later(() => mapping('during')), later(() => mapping('after'))]
    const storing = keys.transaction(async () => {
      during.begin()
      await mapping('one')
    }, 'me')
    while (stored.length === 0) {
      await new Promise(setImmediate)
    }
    const set = during.goOn()
    finish()
    await Promise.all([storing, set])
    await assert.rejects(keys.transaction(async () => {
      after.begin()
      await mapping('never')
      throw new Error('failed')
    }, 'me'))
    await after.goOn()
    assert.deepEqual(stored.map((data) => data['lid-mapping']?.['a']), ['one', 'during', 'after'])
  })

  test('is another one for what begins one when it is over', async () => {
    const late = later(() => keys.transaction(async () => {
      await mapping('late')
      assert.equal(await mapped(), 'late')
      assert.equal(stored.length, 1)
    }, 'me'))
    await keys.transaction(async () => {
      late.begin()
      await mapping('one')
    }, 'me')
    await late.goOn()
    assert.deepEqual(stored.map((data) => data['lid-mapping']?.['a']), ['one', 'late'])
  })
})
