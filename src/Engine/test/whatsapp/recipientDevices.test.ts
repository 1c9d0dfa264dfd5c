import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type FullJid, type GroupMetadata, jidDecode, jidEncode, WAJIDDomains } from 'baileys'
import { Device } from '#engine/credentials/device.js'
import { BegunSessions } from '#engine/whatsapp/begunSessions.js'
import { KnownDevices } from '#engine/whatsapp/knownDevices.js'
import { Memory } from '#engine/whatsapp/memory.js'
import { Recipients } from '#engine/whatsapp/recipients.js'
import { FakeKeys, refusedWith } from '../testing/fakeKeys.js'

const group = '120363000000000001@g.us'
const [ami, amiHidden] = ['919800000001@s.whatsapp.net', '111@lid']
const [gone, goneHidden] = ['919800000002@s.whatsapp.net', '222@lid']

describe('The devices of who is written to', () => {
  const [own, ownHidden] = ['919800000009:7@s.whatsapp.net', '999:7@lid']
  const [bareOwn, bareOwnHidden] = ['919800000009@s.whatsapp.net', '999@lid']

  const hiddenOf: Record<string, string> = { [ami]: amiHidden, [gone]: goneHidden, [bareOwn]: bareOwnHidden }

  // What the network answers to each of these questions: the devices of those whom it knows.
  function finding(known: Record<string, number[]>, otherwise: Record<string, string> = {}) {
    const memory = Memory.of(new Map())
    const asked: string[][] = []
    const sessions: string[][] = []
    const mappings: { pn: string; lid: string }[] = []
    const leftOut: unknown[] = []
    const meanwhile = { happens: (_: string[]): void => undefined }
    const clock = { ms: 0 }
    const members = [amiHidden, bareOwnHidden]
    const device = new Device(undefined, () => Promise.resolve())
    device.creds.me = { id: own, lid: ownHidden }
    const cache = new KnownDevices(device, () => clock.ms)
    const keys = new FakeKeys()
    keys.named = (jid) => {
      const { user = '', device: place } = jidDecode(jid) ?? {}
      const hidden = device.get('lid-mapping', [user])[user]
      return hidden ? jidEncode(hidden, 'lid', place) : jid
    }
    const begun = new BegunSessions(keys.socket, device, memory, () => undefined)
    const found = new Recipients({
      executeUSyncQuery: async ({ users }) => {
        const people = users.flatMap(({ id }) => id ?? [])
        asked.push(people)
        const list = people.map((id) => otherwise[id] ?? id)
          .flatMap((id) => known[id] ? [{ id, lid: hiddenOf[id], devices: { deviceList: known[id].map((each) => ({ id: each, keyIndex: each, isHosted: each === 99 })) } }] : [])
        meanwhile.happens(people)
        await new Promise(setImmediate)
        return { list, sideList: [] }
      },
      groupMetadata: () => Promise.resolve({ id: group, participants: members.map((id) => ({ id })) } as unknown as GroupMetadata),
    }, device, memory, cache, {
      getLIDForPN: () => Promise.resolve(null),
      storeLIDPNMappings: async (pairs) => {
        mappings.push(...pairs)
        const users = pairs.map(({ pn, lid }) => [pn, lid].map((each) => each.split('@')[0] ?? '') as [string, string])
        await device.set({ 'lid-mapping': Object.fromEntries(users.flatMap(([phone, hidden]) => [[phone, hidden], [`${hidden}_reverse`, phone]])) })
      },
    }, {
      begin: (devices, until) => {
        sessions.push(...devices.length > 0 ? [devices] : [])
        return begun.begin(devices, until)
      },
      listed: (devices) => begun.listed(devices),
      mayBegin: (device) => begun.mayBegin(device),
    }, (_, __, ___, data) => leftOut.push(data?.['devices']))
    return { found, asked, sessions, leftOut, keys, begun, mappings, meanwhile, clock, device, cache, members }
  }

  test('and our other ones are asked for once in five minutes, and keys of them where there are none', async () => {
    const { found, asked, sessions, mappings, clock, device } = finding({ [ami]: [0, 3], [bareOwn]: [0, 7] })
    await found.find(ami, 4_000)
    clock.ms = 299_999
    await found.find(ami, 4_000)

    assert.deepEqual(asked.toSorted(), [[ami], [bareOwn]])
    const [theirs, ours] = [[ami, '919800000001:3@s.whatsapp.net'], [bareOwn]]
    assert.deepEqual(sessions.toSorted(), [theirs, theirs, ours, ours])
    assert.ok(mappings.some(({ pn, lid }) => pn === ami && lid === amiHidden))
    assert.deepEqual(device.get('device-list', ['919800000001']), { 919800000001: ['0', '3'] })

    clock.ms = 300_000
    await found.find(ami, 4_000)
    assert.equal(asked.length, 4)
  })

  test('are asked for once by all who write to them at once, and ours by all who write to anybody', async () => {
    const { found, asked, keys } = finding({ [ami]: [0], [gone]: [0], [bareOwn]: [0, 7] })
    await Promise.all([found.find(ami, 4_000), found.find(gone, 4_000), found.find(ami, 4_000), found.find(gone, 4_000)])
    assert.deepEqual(asked.toSorted(), [[ami], [gone], [bareOwn]])
    assert.deepEqual(keys.begun.toSorted(), [amiHidden, goneHidden, bareOwnHidden])
  })

  test('are asked for anew by the next who writes, when the network said nothing of them, and nothing is sent meanwhile', async () => {
    const known: Record<string, number[]> = { [bareOwn]: [0] }
    const { found, asked, sessions } = finding(known)
    const [first, second] = [found.find(ami, 4_000), found.find(ami, 4_000)]
    await assert.rejects(first, /No device of who is written to/)
    known[ami] = [0]
    await second
    assert.deepEqual(asked.toSorted(), [[ami], [ami], [bareOwn]])
    assert.deepEqual(sessions.filter(([device]) => device === ami), [[ami]])
  })

  test('are still those that were known when the network says nothing of them later', async () => {
    const known: Record<string, number[]> = { [ami]: [0], [bareOwn]: [0] }
    const { found, clock, sessions } = finding(known)
    await found.find(ami, 4_000)
    delete known[ami]
    clock.ms = 300_000
    await found.find(ami, 4_000)
    assert.deepEqual(sessions.filter(([device]) => device === ami), [[ami], [ami]])
  })

  test('are written to under another address by which the network names them', async () => {
    const { found, asked, cache, sessions } = finding({ [gone]: [0, 3], [bareOwn]: [0] }, { [ami]: gone })
    await found.find(ami, 4_000)
    await found.find(ami, 4_000)
    const theirs = [gone, '919800000002:3@s.whatsapp.net']
    assert.deepEqual([sessions.slice(0, 2).toSorted(), asked.length], [[theirs, [bareOwn]], 2])
    assert.deepEqual(cache.get<FullJid[]>('919800000001')?.map(({ user, device }) => [user, device]), [['919800000002', 0], ['919800000002', 3]])
  })

  test('are without the one that was left out, also under another address by which the network names them', async () => {
    const { found, cache, keys } = finding({ [goneHidden]: [0, 3], [bareOwn]: [0] }, { [ami]: goneHidden })
    keys.strangers.add('222:3@lid')
    keys.refused.set('222:3@lid', 406)
    await found.find(ami, 4_000)
    const seen = (user: string) => cache.get<FullJid[]>(user)?.map(({ device }) => device)
    assert.deepEqual([seen('919800000001'), seen('222')], [[0], [0]])
  })

  test('of which there are none of a member of a group are not asked for with each message, but by who writes to them alone', async () => {
    const known: Record<string, number[]> = { [bareOwnHidden]: [0, 7] }
    const { found, asked, cache } = finding(known)
    await found.find(group, 4_000)
    await found.find(group, 4_000)
    assert.deepEqual([asked.toSorted(), cache.get('111')], [[[amiHidden], [bareOwnHidden]], []], 'the library does not ask either')

    await assert.rejects(found.find(amiHidden, 4_000), /No device of who is written to/)
    known[amiHidden] = [0]
    await found.find(amiHidden, 4_000)
    assert.equal(asked.length, 4)
  })

  test('need not be known of everybody in a group, nor other ones of ours', async () => {
    const { found, sessions } = finding({ [bareOwnHidden]: [7] })
    await found.find(group, 4_000)
    await found.find(bareOwnHidden, 4_000)
    assert.deepEqual(sessions, [])
  })

  test('are asked for under the address of the chat, without the one that writes', async () => {
    const { found, asked, sessions } = finding({ [amiHidden]: [0], [bareOwnHidden]: [0, 7] })
    await found.find(amiHidden, 4_000)
    assert.deepEqual(asked.toSorted(), [[amiHidden], [bareOwnHidden]])
    assert.deepEqual(sessions.toSorted(), [[amiHidden], [bareOwnHidden]])

    await found.find(group, 4_000)
    assert.equal(asked.length, 2, 'all of them are known')
    assert.deepEqual(sessions.slice(2).toSorted(), [[amiHidden], [bareOwnHidden]])
  })

  test('are found in a chat with ourselves', async () => {
    const { found, asked, sessions } = finding({ [bareOwn]: [0, 7] })
    await found.find(bareOwn, 4_000)
    assert.deepEqual([asked, sessions], [[[bareOwn]], [[bareOwn]]])
  })

  test('are those that the network hosts, too, but not in a group, where these get no key', async () => {
    const { found, keys } = finding({ [ami]: [0, 99], [amiHidden]: [0, 99], [bareOwn]: [0], [bareOwnHidden]: [0, 7] })
    await found.find(group, 4_000)
    assert.deepEqual(keys.begun.toSorted(), [amiHidden, bareOwnHidden])
    await found.find(ami, 4_000)
    assert.deepEqual(keys.begun.slice(2), ['111:99@hosted.lid'])
  })

  test('are not all hosted that are listed after one that is', async () => {
    const { found, keys, cache } = finding({ [amiHidden]: [0, 99, 101], [bareOwnHidden]: [0] })
    await found.find(amiHidden, 4_000)
    assert.deepEqual(keys.begun.filter((jid) => jid !== bareOwnHidden), [amiHidden, '111:99@hosted.lid', '111:101@lid'])
    const listed = cache.get<FullJid[]>('111') ?? []
    cache.set('111', listed.map((each) => each.device === 101 ? { ...each, server: 'hosted.lid', domainType: WAJIDDomains.HOSTED_LID } : each))
    assert.deepEqual(cache.get('111'), listed, 'also as the library lists them')
  })

  test('get a new session once', async () => {
    const { found, keys } = finding({ [ami]: [0, 3], [bareOwn]: [0] })
    await found.find(ami, 4_000)
    await found.find(ami, 4_000)
    assert.deepEqual(keys.begun.toSorted(), ['111:3@lid', amiHidden, bareOwnHidden])
  })

  test('keep what was begun under their number, when their hidden address becomes known, and lose nothing that is there', async () => {
    const { found, keys, device } = finding({ [ami]: [0, 4, 99], [bareOwn]: [0] })
    const session = (of: string) => ({ of }) as unknown as Uint8Array
    const all = ['919800000001.0', '919800000001.4', '919800000001_128.99', '111_1.0', '111_1.4', '111_129.99']
    await device.set({ session: { '919800000001.0': session('phone'), '919800000001.4': session('laptop'), '919800000001_128.99': session('hosted'), '111_1.4': session('newer') } })
    const seen: unknown[] = []
    keys.answer = (devices) => void (devices.includes(amiHidden) && seen.push(device.get('session', all)))
    await found.find(ami, 4_000)
    assert.deepEqual(seen, [{ '111_1.0': session('phone'), '111_1.4': session('newer'), '111_129.99': session('hosted') }], 'before anything is begun')
  })

  test('are written to with the sessions there are, when no new ones can be begun', async () => {
    const { found, keys, sessions } = finding({ [ami]: [0], [bareOwn]: [0] })
    keys.answer = () => refusedWith(503)
    await found.find(ami, 4_000)
    assert.deepEqual(sessions.toSorted(), [[ami], [bareOwn]])
  })

  test('of a group that have its key need no session, until somebody writes to them alone', async () => {
    const { found, device, keys, sessions } = finding({ [ami]: [0, 3], [amiHidden]: [0, 3], [bareOwn]: [0, 7], [bareOwnHidden]: [0, 7] })
    await device.set({ 'sender-key': { [`${group}::999_1::7`]: Buffer.from('[]') } })
    await device.set({ 'sender-key-memory': { [group]: { [amiHidden]: true, [bareOwnHidden]: true } } })
    await found.find(group, 4_000)
    assert.deepEqual([keys.begun, sessions], [['111:3@lid'], [['111:3@lid']]])

    await found.find(ami, 4_000)
    assert.deepEqual(keys.begun.toSorted(), ['111:3@lid', amiHidden, bareOwnHidden])
  })

  test('of a group that have its key need a session when that gets a new one, since somebody has left', async () => {
    const { found, device, keys } = finding({ [amiHidden]: [0, 3], [bareOwnHidden]: [0, 7] })
    await device.set({ 'sender-key': { [`${group}::999_1::7`]: Buffer.from('[]') } })
    await device.set({ 'sender-key-memory': { [group]: { [amiHidden]: true, '111:3@lid': true, [bareOwnHidden]: true, [goneHidden]: true } } })
    await found.find(group, 4_000)
    assert.deepEqual(keys.begun.toSorted(), ['111:3@lid', amiHidden, bareOwnHidden])
  })

  for (const [what, refuse] of [
    ['are refused', (keys: FakeKeys, device: string) => void keys.refused.set(device, 406)],
    ['are not in the answer', (keys: FakeKeys, device: string) => void keys.omitted.add(device)],
    ['are no good', (keys: FakeKeys, device: string) => void keys.bad.add(device)],
  ] as const) {
    test(`are written to without the one whose keys ${what}, which is asked for them again when it is listed anew`, async () => {
      const { found, asked, sessions, leftOut, keys, clock } = finding({ [ami]: [0, 4], [bareOwn]: [0, 5] })
      for (const device of ['111:4@lid', '999:5@lid']) {
        keys.strangers.add(device)
        refuse(keys, device)
      }
      await found.find(ami, 4_000)
      assert.deepEqual(leftOut.toSorted(), ['…0001:4@s.whatsapp.net', '…0009:5@s.whatsapp.net'])
      const questions = keys.asked.length
      sessions.length = 0
      clock.ms = 299_999
      await found.find(ami, 4_000)
      assert.deepEqual([asked.length, keys.asked.length, leftOut.length], [2, questions, 2])
      assert.deepEqual(sessions.toSorted(), [[ami], [bareOwn]])

      clock.ms = 300_000
      keys.refused.clear()
      keys.omitted.clear()
      keys.bad.clear()
      await found.find(ami, 4_000)
      assert.deepEqual([keys.asked.slice(questions).toSorted(), keys.strangers.size], [[['111:4@lid'], ['999:5@lid']], 0])
    })
  }

  test('are written to with the one that was left out as soon as there are keys, whichever message had it listed anew', async () => {
    const { found, keys, clock } = finding({ [amiHidden]: [0, 99], [bareOwnHidden]: [0] })
    keys.strangers.add('111:99@hosted.lid')
    keys.refused.set('111:99@hosted.lid', 406)
    await found.find(amiHidden, 4_000)
    keys.refused.clear()
    clock.ms = 300_000
    await found.find(group, 4_000)
    assert.equal(keys.strangers.size, 1, 'a group has nothing for it')
    await found.find(amiHidden, 4_000)
    assert.equal(keys.strangers.size, 0)
  })

  test('are seen by the library without the one that was left out, while its keys are asked for again', async () => {
    const { found, keys, clock, cache } = finding({ [ami]: [0, 4], [bareOwn]: [0] })
    const seen = () => cache.get<FullJid[]>('919800000001')?.map(({ device }) => device)
    keys.strangers.add('111:4@lid')
    keys.refused.set('111:4@lid', 406)
    await found.find(ami, 4_000)
    clock.ms = 300_000
    const meanwhile: unknown[] = []
    keys.answer = () => void meanwhile.push(seen())
    await found.find(ami, 4_000)
    assert.deepEqual([meanwhile, seen()], [[[0]], [0]])

    keys.answer = () => refusedWith(503)
    clock.ms = 600_000
    await assert.rejects(found.find(ami, 4_000), { data: 503 })
    assert.deepEqual(seen(), [0, 4], 'nobody said that it is to be left out')
    keys.answer = () => undefined
    keys.refused.clear()
    await found.find(ami, 4_000)
    assert.deepEqual([...keys.strangers], [])
  })

  test('are without the one that was left out while the network says nothing of who they are, and that is said once', async () => {
    const known: Record<string, number[]> = { [ami]: [0, 4], [bareOwn]: [0] }
    const { found, keys, clock, leftOut } = finding(known)
    keys.strangers.add('111:4@lid')
    keys.refused.set('111:4@lid', 406)
    await found.find(ami, 4_000)
    delete known[ami]
    clock.ms = 300_000
    for (let times = 0; times < 2; times++) {
      await found.find(ami, 4_000)
    }
    assert.deepEqual([leftOut.length, keys.asked.filter((devices) => devices.includes('111:4@lid')).length], [1, 1])
  })

  test('are none when the network has no keys of any, and nothing is sent, nor asked again before they are listed anew', async () => {
    const { found, asked, keys, clock } = finding({ [ami]: [0], [bareOwn]: [0] })
    keys.strangers.add(amiHidden)
    keys.refused.set(amiHidden, 406)
    for (let times = 0; times < 2; times++) {
      await assert.rejects(found.find(ami, 4_000), /No device of who is written to/)
    }
    assert.deepEqual([asked.length, keys.asked.length], [2, 2])

    clock.ms = 300_000
    keys.refused.clear()
    await found.find(ami, 4_000)
    assert.deepEqual([...keys.strangers], [])
  })

  test('of a group are written to without a member of whom there are no keys, and nobody else is asked for again', async () => {
    const { found, asked, keys, leftOut, members } = finding({ [amiHidden]: [0], [goneHidden]: [0], [bareOwnHidden]: [0, 7] })
    members.push(goneHidden)
    keys.strangers.add(amiHidden)
    keys.refused.set(amiHidden, 404)
    await found.find(group, 4_000)
    await found.find(group, 4_000)
    assert.deepEqual([asked.length, keys.asked.length, leftOut.length], [2, 2, 1])
  })

  test('of a group are none when the network has no keys of any, unless one of them has the key of the group', async () => {
    const { found, keys, device } = finding({ [amiHidden]: [0, 4], [bareOwnHidden]: [0, 7] })
    for (const each of [amiHidden, '111:4@lid']) {
      keys.strangers.add(each)
      keys.refused.set(each, 406)
    }
    for (let times = 0; times < 2; times++) {
      await assert.rejects(found.find(group, 4_000), /No device of who is written to/)
    }

    await device.set({ 'sender-key': { [`${group}::999_1::7`]: Buffer.from('[]') } })
    await device.set({ 'sender-key-memory': { [group]: { [amiHidden]: true } } })
    await found.find(group, 4_000)
  })

  test('of a group get nothing while the network says nothing of any keys', async () => {
    const { found, keys } = finding({ [amiHidden]: [0, 4], [bareOwnHidden]: [0, 7] })
    for (const each of [amiHidden, '111:4@lid']) {
      keys.strangers.add(each)
      keys.omitted.add(each)
    }
    await assert.rejects(found.find(group, 4_000), /says nothing of the keys/)
    keys.omitted.clear()
    await found.find(group, 4_000)
    assert.deepEqual([...keys.strangers], [])
  })

  test('are none when the network names none after a change that it told of before it answered', async () => {
    const known: Record<string, number[]> = { [ami]: [0], [bareOwn]: [0] }
    const { found, asked, meanwhile, cache } = finding(known)
    meanwhile.happens = (people) => {
      if (people.includes(ami) && known[ami]) {
        delete known[ami]
        cache.forget(ami)
      }
    }
    await assert.rejects(found.find(ami, 4_000), /No device of who is written to/)
    assert.deepEqual(asked.filter(([person]) => person === ami), [[ami], [ami]])
  })

  test('are asked for again by a message that waited meanwhile, when the network tells of a change', async () => {
    const known = { [ami]: [0], [amiHidden]: [0], [bareOwn]: [0], [bareOwnHidden]: [0] }
    const { found, asked, keys, cache } = finding(known)
    for (const chat of [ami, group]) {
      await found.find(chat, 4_000)
      const { length } = asked
      await found.findAgain(chat, 4_000)
      assert.equal(asked.length, length)
    }
    const { length } = asked
    known[ami] = [0, 4]
    cache.forget(ami)
    await found.findAgain(ami, 4_000)
    cache.forget(ami)
    await found.findAgain(group, 4_000)
    cache.forget(bareOwn)
    await found.findAgain(ami, 4_000)
    assert.deepEqual(asked.slice(length).toSorted(), [[amiHidden], [ami], [ami], [bareOwn]])
    assert.deepEqual(keys.begun.toSorted(), ['111:4@lid', amiHidden, bareOwnHidden])
  })

  test('are asked for once more when the network tells of a change before it answers', async () => {
    const known = { [ami]: [0], [bareOwn]: [0] }
    const { found, asked, keys, meanwhile, cache } = finding(known)
    meanwhile.happens = (people) => {
      if (people.includes(ami) && known[ami]?.length === 1) {
        known[ami] = [0, 4]
        cache.forget(ami)
      }
    }
    await found.find(ami, 4_000)
    assert.deepEqual(asked.filter(([person]) => person === ami), [[ami], [ami]])
    assert.deepEqual(keys.begun.toSorted(), ['111:4@lid', amiHidden, bareOwnHidden])
  })
})
