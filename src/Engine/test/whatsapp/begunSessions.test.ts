import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Device } from '#engine/credentials/device.js'
import { BegunSessions } from '#engine/whatsapp/begunSessions.js'
import { Memory } from '#engine/whatsapp/memory.js'
import { FakeKeys, refusedWith } from '../testing/fakeKeys.js'

const [phone, laptop] = ['111@lid', '111:4@lid']
const [phoneByNumber, laptopByNumber] = ['919800000001@s.whatsapp.net', '919800000001:4@s.whatsapp.net']

async function connection(memory = Memory.of(new Map())) {
  const keys = new FakeKeys()
  const device = new Device(undefined, () => Promise.resolve())
  device.creds.me = { id: '919800000009:7@s.whatsapp.net', lid: '999:7@lid' }
  await device.set({ 'lid-mapping': { 919800000001: '111', '111_reverse': '919800000001' } })
  const clock = { ms: 0 }
  const logged: unknown[] = []
  const sessions = new BegunSessions(keys.socket, device, memory, (_, __, ___, data) => logged.push(data?.['devices']), () => clock.ms)
  const begin = (...devices: string[]) => sessions.begin(devices, 1_000_000)
  return { keys, sessions, begin, memory, clock, logged }
}

describe('A new session', () => {
  test('is begun once with each device, under whichever of its addresses and on whichever connection', async () => {
    const { keys, begin, memory } = await connection()
    await begin(laptopByNumber)
    await begin(laptop)
    await begin(laptop, phone)
    await begin(phoneByNumber, laptopByNumber)
    assert.deepEqual(keys.asked, [[laptop], [phone]])

    const later = await connection(memory)
    await later.begin(phone, laptop)
    assert.deepEqual(later.keys.asked, [])
  })

  test('is begun once by all who need it at once, and waited for', async () => {
    const { keys, begin } = await connection()
    keys.strangers.add(phone)
    keys.strangers.add(laptop)
    await Promise.all([begin(phone), begin(phoneByNumber, laptop), begin(phone, laptop, '222@lid'), begin('222@lid')])
    assert.deepEqual(keys.asked.flat().toSorted(), [laptop, phone, '222@lid'])
    assert.deepEqual([...keys.strangers], [])
  })

  test('that somebody else asks for in vain is asked for by the next who needs it', async () => {
    const { keys, begin } = await connection()
    keys.strangers.add(phone)
    keys.answer = () => keys.asked.length === 1 ? refusedWith(503) : undefined
    const [first, second] = [begin(phone), begin(phone)]
    await assert.rejects(first, { data: 503 })
    await second
    assert.deepEqual(keys.begun, [phone])
  })

  test('that somebody else asks for is waited for no longer than anybody waits', async () => {
    const { keys, sessions, begin, clock } = await connection()
    let answered: () => void = () => undefined
    keys.answered = new Promise((resolve) => {
      answered = resolve
    })
    keys.strangers.add(phone)
    const first = begin(phone)
    await assert.rejects(sessions.begin([phone], clock.ms + 10), /no time/)
    answered()
    await first
    assert.deepEqual(keys.asked, [[phone]])
  })

  test('is not asked for with who has no hidden address: the network would have no keys', async () => {
    const { keys, begin } = await connection()
    await begin('919800000002@s.whatsapp.net')
    assert.deepEqual(keys.asked, [])
  })

  for (const [when, attrs] of [['now', {}], ['while we were away', { offline: '3' }]] as const) {
    test(`is begun once more with a phone of which the network told ${when} that it has new keys`, async () => {
      const told = { tag: 'notification', attrs: { from: phoneByNumber, ...attrs }, content: [{ tag: 'identity', attrs: {} }] }
      const { keys, sessions, begin } = await connection()
      await begin(phone, laptop)
      const others = [
        { ...told, attrs: { ...told.attrs, from: laptop } },
        { ...told, attrs: { ...told.attrs, from: '999@lid' } },
        { ...told, content: [{ tag: 'count', attrs: {} }] },
      ]
      others.forEach((notice) => sessions.identityChanged(notice))
      await begin(phone, laptop)
      assert.deepEqual(keys.asked, [[phone, laptop]], 'nobody has to')

      sessions.identityChanged(told)
      await begin(phone, laptop)
      assert.deepEqual(keys.asked, [[phone, laptop], [phone]])
    })
  }

  test('is begun once more with a device that the network says is new, or gone: another one may have its place', async () => {
    for (const change of ['add', 'remove']) {
      const { keys, sessions, begin } = await connection()
      await begin(phone, laptop)
      const devices = [{ tag: 'device', attrs: { jid: laptopByNumber } }]
      sessions.changed({ tag: 'notification', attrs: { from: phoneByNumber }, content: [{ tag: change, attrs: {}, content: devices }] })
      await begin(phone, laptop)
      assert.deepEqual(keys.asked, [[phone, laptop], [laptop]])
    }
  })

  test('is begun once more when the network tells of a change before it is there: its keys may be the old ones', async () => {
    const { keys, sessions, begin } = await connection()
    const notice = { tag: 'notification', attrs: { from: phoneByNumber }, content: [{ tag: 'identity', attrs: {} }] }
    keys.answer = () => void (keys.asked.length === 1 && sessions.identityChanged(notice))
    await begin(phone, laptop)
    assert.deepEqual([keys.asked, keys.begun], [[[phone, laptop], [phone]], [laptop, phone]], 'nothing is begun with the old ones')

    const others = await connection()
    others.keys.meanwhile = (jid) => jid === phone && others.keys.begun.length === 1 && others.sessions.identityChanged(notice)
    await others.begin(phone, laptop)
    await others.begin(phone, laptop)
    assert.deepEqual([others.keys.asked, others.keys.begun], [[[phone, laptop], [phone]], [phone, laptop, phone]])
  })

  test('is begun with all the devices whose keys the network gives, and asked for with the others when they are listed anew', async () => {
    const { keys, sessions, begin, clock } = await connection()
    keys.refused.set('222:5@lid', 404)
    keys.omitted.add('222:6@lid')
    assert.deepEqual(await begin(phone, '222:5@lid', '222:6@lid', laptop), [], 'there are old ones')
    assert.deepEqual(keys.begun, [phone, laptop])

    clock.ms = 60_000
    await begin(phone, '222:5@lid', '222:6@lid', laptop)
    assert.deepEqual(keys.asked.slice(1), [['222:6@lid']], 'an answer that leaves somebody out may be a mistake')

    sessions.listed([phone, '222:5@lid', '222:6@lid', laptop])
    await begin(phone, '222:5@lid', '222:6@lid', laptop)
    assert.deepEqual(keys.asked.slice(2), [['222:5@lid', '222:6@lid']])
  })

  test('of which the keys are no good is not asked for again while there is an old one: each question takes a key', async () => {
    const { keys, sessions, begin } = await connection()
    keys.bad.add(phone)
    await begin(phone)
    sessions.listed([phone])
    await begin(phone)
    assert.deepEqual(keys.asked, [[phone]])
  })

  describe('where there is no old one', () => {
    test('cannot be had where the network gives no keys, or none that are good, or knows no hidden address', async () => {
      const { keys, begin } = await connection()
      keys.refused.set('222:5@lid', 406)
      keys.omitted.add('222:6@lid')
      keys.bad.add('333@lid')
      const without = ['222:5@lid', '222:6@lid', '333@lid', '919800000002@s.whatsapp.net']
      for (const device of [phone, ...without]) {
        keys.strangers.add(device)
      }
      assert.deepEqual(await begin(phone, ...without), without)
      assert.deepEqual(await begin(phone, ...without), without)
      assert.deepEqual(keys.asked.slice(1), [['222:6@lid']])
    })

    test('is not taken for one that cannot be had when the network gives no keys of anybody, unless it does so twice', async () => {
      const { keys, begin } = await connection()
      const all = [phone, laptop, '222@lid']
      for (const device of all) {
        keys.strangers.add(device)
        keys.omitted.add(device)
      }
      await assert.rejects(begin(...all), /says nothing of the keys/)
      keys.omitted.clear()
      assert.deepEqual(await begin(...all), [])

      for (const device of ['333@lid', '444@lid']) {
        keys.strangers.add(device)
        keys.omitted.add(device)
      }
      await assert.rejects(begin('333@lid', '444@lid'), /says nothing of the keys/)
      assert.deepEqual(await begin('333@lid', '444@lid'), ['333@lid', '444@lid'])
    })

    test('is asked for once more at once when the network leaves it out of an answer', async () => {
      const { keys, begin } = await connection()
      keys.strangers.add(laptop)
      keys.omitted.add(laptop)
      keys.answer = () => void (keys.asked.length === 2 && keys.omitted.clear())
      assert.deepEqual(await begin(phone, laptop), [])
      assert.deepEqual(keys.asked, [[phone, laptop], [laptop]])
    })

    test('is asked for by each who needs it, and what keeps it from them is said', async () => {
      const { keys, begin } = await connection()
      keys.strangers.add(phone)
      keys.answer = () => refusedWith(408)
      await assert.rejects(begin(phone), { data: 408 })
      keys.answer = () => undefined
      keys.refused.set(phone, 500)
      await assert.rejects(begin(phone), { data: 500 })
      keys.refused.clear()
      assert.deepEqual(await begin(phone, laptop), [])
      assert.deepEqual(keys.asked, [[phone], [phone], [phone, laptop]])
    })

    test('cannot be had where the network can say nothing of a device twice, though it speaks of others', async () => {
      const { keys, sessions, begin } = await connection()
      keys.strangers.add(phone)
      keys.refused.set(phone, 500)
      await assert.rejects(begin(phone, laptop), { data: 500 })
      assert.deepEqual([await begin(phone, laptop), await begin(phone)], [[phone], [phone]])
      assert.deepEqual(keys.asked, [[phone, laptop], [phone]])

      sessions.listed([phone])
      assert.deepEqual(await begin(phone), [phone])
      keys.refused.clear()
      sessions.listed([phone])
      assert.deepEqual(await begin(phone), [])
    })

    test('cannot be had where the network twice fails at the question about a device alone, though it answers another one', async () => {
      const { keys, begin, sessions } = await connection()
      keys.strangers.add(laptop)
      keys.answer = (devices) => devices.includes(laptop) ? refusedWith(500) : undefined
      await begin(phone)
      await assert.rejects(begin(phone, laptop), { data: 500 })
      keys.countsOurs = false
      await assert.rejects(begin(phone, laptop), { data: 500 })
      keys.countsOurs = true
      assert.deepEqual(await begin(phone, laptop), [laptop])

      keys.answer = () => undefined
      sessions.listed([laptop])
      assert.deepEqual(await begin(phone, laptop), [])
    })

    test('cannot be had of the one at whose keys the network fails together with those of others, which are begun', async () => {
      const { keys, begin } = await connection()
      for (const device of [phone, laptop, '222@lid']) {
        keys.strangers.add(device)
      }
      keys.answer = (devices) => devices.includes(laptop) ? refusedWith(500) : undefined
      await assert.rejects(begin(phone, laptop, '222@lid'), { data: 500 })
      assert.deepEqual(await begin(phone, laptop, '222@lid'), [laptop])
      assert.deepEqual(keys.begun.toSorted(), [phone, '222@lid'])
    })

    test('is asked for once more when the one that was begun is gone', async () => {
      const { keys, begin } = await connection()
      await begin(phone)
      keys.strangers.add(phone)
      await begin(phone)
      assert.deepEqual(keys.begun, [phone, phone])
    })

    test('is asked for once more when nothing could be encrypted with the one that was begun', async () => {
      const { keys, sessions, begin } = await connection()
      await begin(laptop)
      sessions.failed(laptopByNumber)
      keys.refused.set(laptop, 404)
      assert.deepEqual(await begin(laptop), [laptop])
      keys.refused.clear()
      sessions.listed([laptop])
      await begin(laptop)
      await begin(laptop)
      assert.deepEqual(keys.asked, [[laptop], [laptop], [laptop]])
      assert.deepEqual(keys.begun, [laptop, laptop])
    })

    test('is not asked for when nobody waits any more, and none of them gets anything', async () => {
      const { keys, sessions, clock, logged } = await connection()
      const many = Array.from({ length: 120 }, (_, index) => `${1_000 + index}@lid`)
      keys.strangers.add('1110@lid')
      keys.answer = () => void (clock.ms += 10)
      await assert.rejects(sessions.begin(many, 20), /no time/)
      assert.deepEqual([keys.asked.length, logged], [2, [20]])
    })
  })

  for (const [why, fault] of [
    ['nobody answered', refusedWith(408)], ['too much was asked', refusedWith(429)], ['the network was out of order', refusedWith(503)],
    ['the connection ended', 1006], ['the connection was reset', new Error('read ECONNRESET')],
  ] as const) {
    test(`is begun on the next connection when ${why}`, async () => {
      const { keys, begin, memory } = await connection()
      keys.answer = () => fault
      await begin(phone)

      const later = await connection(memory)
      await later.begin(phone)
      assert.deepEqual([keys.begun, later.keys.begun], [[], [phone]])
    })
  }

  test('is begun on the next connection with a device of which the network could say nothing', async () => {
    const { keys, begin, memory } = await connection()
    keys.refused.set(laptop, 500)
    await begin(phone, laptop)

    const later = await connection(memory)
    await later.begin(phone, laptop)
    assert.deepEqual([keys.begun, later.keys.begun], [[phone], [laptop]])
  })

  test('that could not be begun is not waited for by every message of the next minute, and those with others are begun', async () => {
    const { keys, begin, clock } = await connection()
    keys.answer = (devices) => devices.includes(phone) ? refusedWith(408) : undefined
    await begin(phoneByNumber)
    await begin(phone)
    await begin(phone, '222@lid')
    clock.ms = 59_999
    await begin(phone)
    assert.deepEqual(keys.asked, [[phone], ['222@lid']])

    keys.answer = () => undefined
    clock.ms = 60_000
    await begin(phone)
    assert.deepEqual(keys.begun, ['222@lid', phone])
  })

  test('is remembered longest of those who are written to', async () => {
    const { keys, begin } = await connection()
    const others = (from: number) => Array.from({ length: 6_000 }, (_, index) => `${from + index}@lid`)
    await begin(phone, '222@lid')
    await begin(...others(10_000))
    await begin(phone)
    await begin(...others(20_000))
    keys.asked.length = 0
    await begin(phone, '222@lid')
    assert.deepEqual(keys.asked, [['222@lid']])
  })

  describe('with many devices', () => {
    const many = Array.from({ length: 120 }, (_, index) => `${1_000 + index}@lid`)
    const sizes = (asked: string[][]) => asked.map(({ length }) => length)

    test('is begun with one piece after the other, and what is begun stays so when the connection ends meanwhile', async () => {
      const { keys, begin, memory } = await connection()
      keys.answer = () => keys.asked.length === 2 ? 1006 : undefined
      await begin(...many)
      assert.deepEqual([sizes(keys.asked), keys.begun], [[50, 50], many.slice(0, 50)])

      const later = await connection(memory)
      await later.begin(...many)
      assert.deepEqual([sizes(later.keys.asked), later.keys.begun], [[50, 20], many.slice(50)])
    })

    test('is begun with the rest by the next who writes, when nobody waits any more', async () => {
      const { keys, sessions, begin, clock, logged } = await connection()
      keys.answer = () => void (clock.ms += 10)
      await sessions.begin(many, 20)
      assert.deepEqual([keys.begun, logged], [many.slice(0, 100), [20]])

      await begin(...many)
      assert.deepEqual([sizes(keys.asked), keys.begun], [[50, 50, 20], many])
    })

    test('is begun with the others when the network can say nothing of one, and none is sent without that', async () => {
      const { keys, begin } = await connection()
      keys.refused.set('1001@lid', 500)
      keys.strangers.add('1001@lid')
      await assert.rejects(begin(...many), { data: 500 })
      assert.deepEqual(keys.begun, many.filter((device) => device !== '1001@lid'))
    })

    for (const code of [400, 403, 406]) {
      test(`is begun with all but the one for whom the network refuses the whole question with ${code}`, async () => {
        const { keys, begin, clock } = await connection()
        many.forEach((device) => keys.strangers.add(device))
        keys.answer = (devices) => devices.includes('1017@lid') ? refusedWith(code) : undefined
        assert.deepEqual(await begin(...many), ['1017@lid'])
        assert.deepEqual(keys.begun, many.filter((device) => device !== '1017@lid'))
        const { length } = keys.asked
        assert.ok(length <= 19, `${length} questions`)

        clock.ms = 60_000
        await begin(...many)
        assert.equal(keys.asked.length, length)
      })
    }

    test('is not asked for without end when all are refused', async () => {
      const { keys, begin } = await connection()
      keys.answer = () => refusedWith(406)
      await begin(...many)
      await begin(...many)
      assert.equal(keys.asked.length, 19)
    })
  })
})
