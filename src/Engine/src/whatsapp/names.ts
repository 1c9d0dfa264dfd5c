import { type BinaryNode, type FullJid, getBinaryNodeChildren, isHostedLidUser, isLidUser, jidDecode, WAJIDDomains } from 'baileys'
import type { Device } from '../credentials/device.js'

/** The place of a device that the network itself hosts, which the library gives no group key. */
export const hostedDevice = 99

export function userOf(jid: string): string {
  return jidDecode(jid)?.user ?? jid
}

/** Both users of somebody of whom both addresses are known. */
export function usersOf(jid: string, device: Pick<Device, 'get'>): string[] {
  const user = userOf(jid)
  const name = isLidUser(jid) || isHostedLidUser(jid) ? `${user}_reverse` : user
  const other = device.get('lid-mapping', [name])[name]
  return other ? [user, other] : [user]
}

/** Whether that is the device that we are, under either of its addresses. */
export function isThisOne({ user, device }: FullJid, { creds: { me } }: Pick<Device, 'creds'>): boolean {
  return [me?.id, me?.lid].some((own) => {
    const decoded = jidDecode(own)
    return decoded?.user === user && decoded.device === device
  })
}

/** A device that the library found in a list; it takes all that come after a hosted one for hosted, and the network refuses such an address. */
export function asListed(each: FullJid): FullJid {
  if (each.device === hostedDevice) {
    return each
  }
  switch (each.server) {
    case 'hosted.lid':
      return { ...each, server: 'lid', domainType: WAJIDDomains.LID }
    case 'hosted':
      return { ...each, server: 's.whatsapp.net', domainType: WAJIDDomains.WHATSAPP }
    default:
      return each
  }
}

/** The devices that a notice names which the network gives of a change. */
export function devicesIn({ content }: BinaryNode): string[] {
  const changes = Array.isArray(content) ? content.flatMap((change) => getBinaryNodeChildren(change, 'device')) : []
  return changes.flatMap(({ attrs: { jid } }) => jid ?? [])
}
