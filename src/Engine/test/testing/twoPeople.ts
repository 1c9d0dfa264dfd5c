import { after, afterEach, before, beforeEach } from 'node:test'
import { EmulatedHost } from './emulatedHost.js'
import { Emulator } from './emulator.js'
import type { settings } from './fakeSilo.js'

interface Person {
  phone: string
  jid: string
  lid: string
}

/** Two people on the emulated network, anew for each test of a suite: Anna's number is hosted as `n1`, Bert has a phone only. */
export interface TwoPeople {
  emulator: Emulator
  host: EmulatedHost
  anna: Person
  bert: Person
}

/** To be called in a suite. @param lastPhone Their phones are the next ones after this, so that suites do not meet. */
export function twoPeople(lastPhone: number, more: Partial<typeof settings> = {}, env: Record<string, string> = {}): TwoPeople {
  const world = {} as TwoPeople

  before(async () => {
    world.emulator = await Emulator.start()
  })

  beforeEach(async () => {
    world.host = await EmulatedHost.start(world.emulator, more, env)
    world.anna = await world.emulator.phone(`${++lastPhone}`, 'Anna')
    world.bert = await world.emulator.phone(`${++lastPhone}`, 'Bert')
    await world.host.pair('n1', world.anna)
  })

  afterEach(async () => {
    await world.emulator.call('DELETE', '/faults')
    await world.host.stop()
  })

  after(() => world.emulator.stop())

  return world
}
