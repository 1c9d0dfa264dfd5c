import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { twoPeople } from '../testing/twoPeople.js'
import { until } from '../testing/until.js'

const picture = Buffer.alloc(50_000, 'loopwave ')

describe('A file to be sent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lw-'))
  const temporary = join(folder, 'temporary')
  const world = twoPeople(4915240000000, { queryTimeoutMs: 2_000 }, { TMPDIR: temporary })

  before(async () => {
    await mkdir(temporary)
    await writeFile(join(folder, 'picture'), picture)
  })

  after(() => rm(folder, { recursive: true }))

  const prepare = async (whatsAppId: string) => {
    const file = { path: join(folder, 'picture'), mimeType: 'image/jpeg' }
    const message = { kind: 'message', whatsAppId, jid: world.bert.jid, type: 'image', mentions: [], file }
    return (await world.host.silo.ask<{ prepared: string }>('prepare', { number: 'n1', epoch: 1, message })).prepared
  }
  const arrives = async (whatsAppId: string, prepared: string) => {
    const { host, emulator, bert } = world
    await host.silo.ask('relay', { number: 'n1', epoch: 1, whatsAppId, jid: bert.jid, prepared })
    await host.silo.event('receiptReceived', 'n1', ({ whatsAppIds }) => whatsAppIds.includes(whatsAppId))
    const { base64 } = await emulator.call<{ base64: string }>('GET', `/accounts/${bert.phone}/files/${whatsAppId}`)
    assert.ok(Buffer.from(base64, 'base64').equals(picture))
  }
  const refused = (fault: { data?: unknown }) => {
    assert.deepEqual(fault.data, { error: 'unavailable' })
    return true
  }

  for (const [what, fault] of [['refused', { kind: 'query-error', code: 503 }], ['not answered', { kind: 'query-silent' }]] as const) {
    test(`is sent after a while when the question where files go was ${what}, on the same connection`, async () => {
      const { host, emulator, anna } = world
      await emulator.call('POST', '/faults', { phone: anna.phone, query: 'set w:m media_conn', ...fault })
      await assert.rejects(prepare('FIRST'), refused)

      let prepared: string | undefined
      await until(async () => (prepared = await prepare('FIRST').catch(() => undefined)) !== undefined, 'it is prepared')
      await arrives('FIRST', prepared ?? '')
      await arrives('SECOND', await prepare('SECOND'))
      assert.equal(host.silo.eventsOf('closed', 'n1').length, 1, 'the connection stays')
    })
  }

  test('is sent also when the folder of the host is gone, and waits while there can be none', async () => {
    const [own = ''] = await readdir(temporary)
    await rm(join(temporary, own), { recursive: true })
    await arrives('FIRST', await prepare('FIRST'))

    await rm(temporary, { recursive: true })
    await writeFile(temporary, 'in its place')
    await assert.rejects(prepare('SECOND'), { data: { error: 'unavailable', code: 'disk_not_writable' } })
    await rm(temporary)
    await arrives('SECOND', await prepare('SECOND'))
  })
})
