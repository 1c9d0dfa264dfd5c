import { type FullJid, WAJIDDomains } from 'baileys'
import type { Device } from '../credentials/device.js'
import { hostedDevice, userOf } from './names.js'

/**
 * Moves the sessions that somebody has under their number to the hidden address that belongs to it: from then on nobody looks for them where they
 * are. The library would do it later, when that person writes, and overwrite what was begun meanwhile.
 */
export async function moveSessions(device: Device, pairs: { pn: string; lid: string }[], listed: FullJid[]): Promise<void> {
  const moved: Record<string, Uint8Array | null> = {}
  for (const [number, hidden] of pairs.map(({ pn, lid }) => [userOf(pn), userOf(lid)] as const)) {
    const known = (device.get('device-list', [number])[number] ?? []).map(Number)
    for (const place of new Set([...known, ...listed.filter(({ user }) => user === number).map((each) => each.device ?? 0)])) {
      const from = place === hostedDevice ? addressOf(number, place, WAJIDDomains.HOSTED) : `${number}.${place}`
      const to = addressOf(hidden, place, place === hostedDevice ? WAJIDDomains.HOSTED_LID : WAJIDDomains.LID)
      const { [from]: session, [to]: there } = device.get('session', [from, to])
      if (session) {
        Object.assign(moved, { [from]: null }, there ? {} : { [to]: session })
      }
    }
  }
  if (Object.keys(moved).length > 0) {
    await device.set({ session: moved })
  }
}

/** As the library names the session with a device. */
function addressOf(user: string, place: number, domain: WAJIDDomains): string {
  return `${user}_${domain}.${place}`
}
