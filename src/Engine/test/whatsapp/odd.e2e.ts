import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { proto } from 'baileys'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

describe('A message that nobody meant to write', () => {
  const world = twoPeople(4915130000000)

  test('is told as far as it can be, and holds nothing up', async () => {
    let written = 0
    const write = async (message: proto.IMessage) => {
      const base64 = Buffer.from(proto.Message.encode(message).finish()).toString('base64')
      await world.emulator.call('POST', `/accounts/${world.bert.phone}/send`, { to: world.anna.phone, base64 })
      written++
      await until(() => world.host.silo.eventsOf('messageReceived', 'n1').length === written, 'it came', 30_000)
    }
    await write({ locationMessage: { degreesLatitude: Number.NaN, degreesLongitude: 13.4 } })
    await write({ audioMessage: { url: 'https://mmg.whatsapp.net/a', mediaKey: Buffer.alloc(32, 1), mimetype: 'audio/ogg', seconds: 4_294_967_295 } })
    await write({ extendedTextMessage: { text: 'x', contextInfo: { mentionedJid: [`${'9'.repeat(300)}@s.whatsapp.net`] } } })
    await write({ conversation: 'after it' })
    assert.deepEqual(
      world.host.silo.eventsOf('messageReceived', 'n1').map(({ message: { type, text, file } }) => [type, text ?? file?.durationSeconds]),
      [['unsupported', undefined], ['audio', 2_147_483_647], ['unsupported', undefined], ['text', 'after it']])
    await world.host.silo.ask('close', { number: 'n1', epoch: 1 })
    await world.host.reopen('n1')
  })
})
