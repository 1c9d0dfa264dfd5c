import assert from 'node:assert/strict'
import type { Entry } from '#engine/rpc/contract.js'
import type { Emulator } from './emulator.js'
import { FakeSilo, settings } from './fakeSilo.js'
import { HostProcess } from './hostProcess.js'
import { until } from './until.js'

/** A host process before the emulated network, with a silo that stores what it is told. */
export class EmulatedHost {
  private constructor(readonly emulator: Emulator, readonly silo: FakeSilo, readonly process: HostProcess) {}

  static async start(emulator: Emulator, more: Partial<typeof settings> = {}, env: Record<string, string> = {}): Promise<EmulatedHost> {
    const silo = await FakeSilo.start()
    silo.settings = { ...settings, webSocketUrl: emulator.url, ...more }
    const { execArgv, env: trust } = emulator.hostOptions
    const host = new EmulatedHost(emulator, silo, new HostProcess(silo.socketPath, { execArgv, env: { ...trust, ...env } }))
    await silo.welcomed()
    return host
  }

  async stop(): Promise<void> {
    this.silo.stop()
    this.process.kill()
    await this.process.exited
    assert.equal(this.process.output, '', 'the standard streams stay silent')
    assert.deepEqual(await this.emulator.call('GET', '/problems'), [], 'the network found nothing to complain about')
  }

  /** What the silo would have stored by now. */
  credentials(number: string): Entry[] {
    const stored = new Map<string, Entry>()
    for (const change of this.silo.eventsOf('credentialsChanged', number).flatMap(({ changes }) => changes)) {
      stored.set(change.name, change)
    }
    return [...stored.values()].filter(({ value }) => value !== null)
  }

  async pair(number: string, owner: { phone: string }): Promise<void> {
    await this.silo.ask('open', { number, epoch: 1, link: {} })
    const { qr } = await this.silo.event('linkOffered', number)
    await this.emulator.call('POST', `/accounts/${owner.phone}/scan`, { qr })
    await this.silo.event('closed', number, ({ code }) => code === 515)
    await this.reopen(number)
  }

  /** Opens it with what was stored, or with a part of that. */
  async reopen(number: string, { epoch = 1, credentials = this.credentials(number) } = {}): Promise<void> {
    const before = this.silo.eventsOf('opened', number).length
    await this.silo.ask('open', { number, epoch, credentials })
    await until(() => this.silo.eventsOf('opened', number).length > before, 'the number is open', 30_000)
  }

  /** Whether the number can still ask the network something. */
  async answers(number: string, phone: string): Promise<boolean> {
    return (await this.silo.ask<{ onWhatsApp: boolean }>('resolve', { number, epoch: 1, phone })).onWhatsApp
  }

  async send(number: string, whatsAppId: string, jid: string, text: string): Promise<string> {
    const message = { kind: 'message', whatsAppId, jid, type: 'text', text, mentions: [] }
    const { prepared } = await this.silo.ask<{ prepared: string }>('prepare', { number, epoch: 1, message })
    this.silo.sent.set(whatsAppId, prepared)
    await this.silo.ask('relay', { number, epoch: 1, whatsAppId, jid, prepared })
    assert.ok(!this.silo.logs.some((line) => line.message.includes('says when it writes')), 'the library asks before it writes')
    return prepared
  }
}
