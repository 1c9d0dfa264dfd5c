import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { proto } from 'baileys'
import { EmulatedHost } from '../testing/emulatedHost.js'
import { Emulator } from '../testing/emulator.js'
import { until } from '../testing/until.js'

describe('A message that nobody meant to write', () => {
  let emulator: Emulator
  let host: EmulatedHost
  let anna: { phone: string }
  let bert: { phone: string; jid: string }
  let lastPhone = 4915130000000

  before(async () => {
    emulator = await Emulator.start()
  })

  beforeEach(async () => {
    host = await EmulatedHost.start(emulator)
    anna = await emulator.phone(`${++lastPhone}`, 'Anna')
    bert = await emulator.phone(`${++lastPhone}`, 'Bert')
    await host.pair('n1', anna)
  })

  afterEach(() => host.stop())

  after(() => emulator.stop())

  test('is told as far as it can be, and holds nothing up', async () => {
    let written = 0
    const write = async (message: proto.IMessage) => {
      const base64 = Buffer.from(proto.Message.encode(message).finish()).toString('base64')
      await emulator.call('POST', `/accounts/${bert.phone}/send`, { to: anna.phone, base64 })
      written++
      await until(() => host.silo.eventsOf('messageReceived', 'n1').length === written, 'it came', 30_000)
    }
    await write({ locationMessage: { degreesLatitude: Number.NaN, degreesLongitude: 13.4 } })
    await write({ audioMessage: { url: 'https://mmg.whatsapp.net/a', mediaKey: Buffer.alloc(32, 1), mimetype: 'audio/ogg', seconds: 4_294_967_295 } })
    await write({ extendedTextMessage: { text: 'x', contextInfo: { mentionedJid: [`${'9'.repeat(300)}@s.whatsapp.net`] } } })
    await write({ conversation: 'after it' })
    assert.deepEqual(
      host.silo.eventsOf('messageReceived', 'n1').map(({ message: { type, text, file } }) => [type, text ?? file?.durationSeconds]),
      [['unsupported', undefined], ['audio', 2_147_483_647], ['unsupported', undefined], ['text', 'after it']])
    await host.silo.ask('close', { number: 'n1', epoch: 1 })
    await host.reopen('n1')
  })
})
