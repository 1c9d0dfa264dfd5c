import type { BinaryNode, WASocket } from 'baileys'
import type { BegunSessions } from './begunSessions.js'
import type { Journal } from './journal.js'
import type { KnownDevices } from './knownDevices.js'
import type { Memory } from './memory.js'

/** Who has to hear what the network says before the library does. */
export interface Hearers {
  journal: Pick<Journal, 'saw'>
  memory: Pick<Memory, 'retries' | 'groups'>
  knownDevices: Pick<KnownDevices, 'changed' | 'changedOurs'>
  begunSessions: Pick<BegunSessions, 'changed' | 'identityChanged'>
}

export function hearFirst(ws: WASocket['ws'], { journal, memory, knownDevices, begunSessions }: Hearers): void {
  const hear = (event: string, tell: (stanza: BinaryNode) => void) => ws.prependListener(`CB:${event}`, tell)
  // The library begins to decrypt at once.
  hear('message', (stanza) => journal.saw(stanza))
  // By the time the library counts its answer, this is known for one.
  hear('receipt,type:retry', (receipt) => memory.retries.receipt(receipt))
  // By the time the library tells of it, what an administrator did since may have been read.
  hear('notification,type:w:gp2', ({ attrs: { from } }) => memory.groups.forget(from ?? ''))
  // The library changes no list that is not there.
  hear('notification,type:devices', (notice) => {
    knownDevices.changed(notice)
    begunSessions.changed(notice)
  })
  hear('notification,type:account_sync', (notice) => knownDevices.changedOurs(notice))
  hear('notification,type:encrypt', (notice) => begunSessions.identityChanged(notice))
}
