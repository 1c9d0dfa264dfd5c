import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { type BaileysEventMap, proto } from 'baileys'
import type { Event } from '#engine/rpc/contract.js'
import { History } from '#engine/whatsapp/history.js'
import type { HistoryPart } from '#engine/whatsapp/historyParts.js'

type Told = BaileysEventMap['messaging-history.set']

const { INITIAL_BOOTSTRAP, ON_DEMAND, RECENT } = proto.Message.HistorySyncType
const end = { type: 'historyReceived' as const, messages: [], done: true }

describe('The history of a connection', () => {
  const bootstrap = { syncType: INITIAL_BOOTSTRAP, chunkOrder: 1, progress: 50, directPath: '/v/1' }
  const recent = { syncType: RECENT, chunkOrder: 2, progress: 100, directPath: '/v/2' }
  let told: Event[]
  let memory: { lacksHistory: boolean }
  let history: History
  let library: Library

  beforeEach(() => {
    told = []
    memory = { lacksHistory: false }
    connect()
  })

  function connect() {
    history = new History((event) => told.push(event), memory, () => ({ id: '919812345678:1@s.whatsapp.net', lid: undefined }))
    library = new Library((part) => history.take(part))
    history.listen(library)
  }

  function announce(...parts: HistoryPart[]) {
    for (const part of parts) {
      library.emit('messages.upsert', {
        type: 'notify', messages: [{ key: { fromMe: true, id: 'M' }, message: { protocolMessage: { historySyncNotification: part } } }],
      } as BaileysEventMap['messages.upsert'])
      history.parts.shouldRead(part)
    }
  }

  test('is told part by part, also when the library keeps two of them', () => {
    announce(bootstrap, recent)
    library.emit('messaging-history.set', read(bootstrap))
    library.emit('messaging-history.set', read(recent))
    library.flush()
    assert.deepEqual(told, [{ ...end, percent: 50, done: false }, { ...end, percent: 100 }])
  })

  test('ends as lost when a part of it is not understood', () => {
    announce(recent)
    library.emit('messaging-history.set', notUnderstood(recent))
    assert.throws(() => library.flush())
    assert.deepEqual(told, [{ ...end, failed: 'lost' }])
  })

  test('is told as lost to whoever asked for it, once, when the answer is not understood', async () => {
    await history.ask('asked', 'chat', () => Promise.resolve('REQUEST'))
    const answer = { syncType: ON_DEMAND, chunkOrder: 1, progress: 100, directPath: '/v/3', peerDataRequestSessionId: 'REQUEST' }
    announce(answer)
    library.emit('messaging-history.set', notUnderstood(answer))
    assert.throws(() => library.flush())
    history.parts.end()
    assert.deepEqual(told, [{ ...end, request: 'asked', failed: 'lost' }])
  })

  test('says on the next connection what this one took along unsaid', () => {
    announce(bootstrap)
    library.emit('messaging-history.set', read(bootstrap))
    history.end()
    library.flush()
    assert.deepEqual(told, [])
    connect()
    announce(recent)
    library.emit('messaging-history.set', read(recent))
    library.flush()
    assert.deepEqual(told, [{ ...end, failed: 'lost' }])
  })
})

/** As the library tells a part that it has read. */
function read({ chunkOrder, peerDataRequestSessionId, progress, syncType }: HistoryPart): Told {
  return { chats: [], contacts: [], messages: [], syncType, progress, chunkOrder, peerDataRequestSessionId } as unknown as Told
}

function notUnderstood(part: HistoryPart): Told {
  return { ...read(part), messages: null } as unknown as Told
}

/** Keeps what it tells together until it is asked for it. */
class Library {
  #kept: Told[] = []

  constructor(private readonly take: (told: Told) => void) {}

  emit<E extends keyof BaileysEventMap>(event: E, told: BaileysEventMap[E]): boolean {
    if (event === 'messaging-history.set') {
      this.#kept.push(told as Told)
    }
    return true
  }

  flush(): void {
    const kept = this.#kept
    this.#kept = []
    const last = kept.at(-1)
    if (last) {
      this.take({ ...last, messages: kept.flatMap(({ messages }) => messages) })
    }
  }
}
