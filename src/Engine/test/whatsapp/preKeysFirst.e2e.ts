import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeCreds } from '#engine/credentials/codec.js'
import type { Entry } from '#engine/rpc/contract.js'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

describe('A prekey that is offered to who is asked for a message again', () => {
  const world = twoPeople(4915260000000)

  test('is stored before, and its id is not given again', async () => {
    const { host, emulator, anna, bert } = world
    const { silo } = host
    const say = async (text: string) => (await emulator.call<{ id: string }>('POST', `/accounts/${bert.phone}/say`, { to: anna.phone, text })).id
    const reads = (text: string) => silo.event('messageReceived', 'n1', ({ message }) => message.text === text)
    await say('one')
    await reads('one')
    await until(async () => (await emulator.call<{ companions: { pending: number }[] }>('GET', `/accounts/${anna.phone}`))
      .companions.every(({ pending }) => pending === 0), 'the number is at rest')
    const offered = ({ name }: Entry) => name.startsWith('pre-key/')
    silo.holdFrom = (event) => event.type === 'credentialsChanged' && event.changes.some(offered)
    await emulator.call('POST', `/accounts/${bert.phone}/garble`, { count: 1, again: 1 })
    const id = await say('two')
    const asked = async () => (await emulator.call<{ delivered: { id: string; asked: number }[] }>('GET', '/record'))
      .delivered.filter((each) => each.id === id).map((each) => each.asked)

    await until(() => !silo.acknowledgeAtOnce, 'a prekey is to be stored')
    assert.ok(await host.answers('n1', bert.phone), 'all that was written before has arrived')
    assert.deepEqual(await asked(), [1], 'the receipt with the key waits for storage')
    const { first, events } = silo.deliveries.at(-1)!
    const changes = events.flatMap((event) => event.type === 'credentialsChanged' ? event.changes : [])
    const creds = decodeCreds(Buffer.from(changes.find(({ name }) => name === 'creds')?.value ?? '', 'base64').toString())
    const next = 1 + Number(changes.find(offered)?.name.split('/')[1])
    assert.deepEqual([creds.nextPreKeyId, creds.firstUnuploadedPreKeyId], [next, next])

    silo.holdFrom = undefined
    silo.acknowledgeAtOnce = true
    await silo.acknowledge('n1', { ...first, sequence: first.sequence + events.length - 1 })
    await reads('two')
    assert.deepEqual(await asked(), [2])
  })
})
