import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type AuthenticationCreds, initAuthCreds, makeEventBuffer } from 'baileys'
import { stayUnavailable } from '#engine/whatsapp/availability.js'
import { libraryLog } from '#engine/whatsapp/libraryLog.js'

describe('What the library is told of changes of the credentials', () => {
  function made(name?: string) {
    const creds: AuthenticationCreds = { ...initAuthCreds(), ...(name ? { me: { id: '49151@s.whatsapp.net', name } } : {}) }
    const ev = makeEventBuffer(libraryLog(() => undefined))
    const world = { creds, ev, isOpen: true, sent: [] as string[], changes: 0, told: [] as Partial<AuthenticationCreds>[], failed: [] as unknown[] }
    // As the library looks for a new name.
    ev.on('creds.update', (update) => {
      if (creds.me?.name !== update.me?.name) {
        world.changes++
      }
      world.told.push(update)
    })
    const sendPresenceUpdate = async (type: string) => {
      world.sent.push(`${type} ${creds.me?.name}`)
      await (creds.me?.name === 'Nobody' ? Promise.reject(new Error('gone')) : Promise.resolve())
    }
    stayUnavailable({ ev, sendPresenceUpdate }, creds, () => world.isOpen, (error) => world.failed.push(error))
    return world
  }

  test('has the name in it when the change is about something else', () => {
    const { creds, ev, sent, told, ...world } = made('Shop')
    ev.emit('creds.update', { nextPreKeyId: 7 })
    ev.emit('creds.update', { accountSettings: { unarchiveChats: true } })
    assert.equal(world.changes, 0)
    assert.deepEqual(told[0], { nextPreKeyId: 7, me: creds.me })
    assert.deepEqual([creds.nextPreKeyId, creds.accountSettings.unarchiveChats], [7, true])
    assert.deepEqual(sent, [])
  })

  test('is never that there is a new name, which is told by who is not online', () => {
    const world = made()
    world.ev.emit('creds.update', { nextPreKeyId: 7 })
    world.isOpen = false
    world.ev.emit('creds.update', { me: { id: '49151@s.whatsapp.net', name: 'Shop' } })
    assert.deepEqual(world.sent, [], 'it is told with the log-in')
    world.isOpen = true
    world.ev.emit('creds.update', { me: { id: '49151@s.whatsapp.net', name: 'Shop' } })
    assert.deepEqual(world.sent, [])
    world.ev.emit('creds.update', { me: { id: '49151@s.whatsapp.net', name: 'The shop' } })
    world.ev.emit('creds.update', { nextPreKeyId: 8 })
    assert.deepEqual(world.sent, ['unavailable The shop'])
    assert.equal(world.changes, 0)
  })

  test('goes on when the network cannot be told a name', async () => {
    const world = made('Shop')
    world.ev.emit('creds.update', { me: { id: '49151@s.whatsapp.net', name: 'Nobody' } })
    await new Promise(setImmediate)
    assert.equal(world.failed.length, 1)
  })
})
