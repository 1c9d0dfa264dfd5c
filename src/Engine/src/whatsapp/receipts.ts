import type { BinaryNode } from 'baileys'
import { bare, isChat, isGroup, isMe, type Me } from '../messages/address.js'
import { toTime } from '../messages/inbound.js'
import type { Event } from '../rpc/contract.js'

const read = new Set(['read', 'read-self', 'played'])

/**
 * What a receipt says: which messages of ours somebody has or has read, or that our own phone read a chat. Taken from the network's
 * words, since the library confirms a receipt before it tells of it, and one that is confirmed does not come again. Pure.
 */
export function toReceipts({ attrs, content }: BinaryNode, me: Me): Event[] {
  const { id, from, participant, recipient, type, t } = attrs
  const isRead = read.has(type ?? '')
  if (!id || !from || !(isRead || type === undefined)) {
    return []
  }
  const isOwn = isMe(participant ?? from, me)
  const jid = bare(isOwn && !isGroup(from) ? recipient : from)
  if (!isChat(jid)) {
    return []
  }
  const at = toTime(t)
  if (isOwn) {
    return isRead ? [{ type: 'chatRead', jid, at }] : []
  }
  const who = isGroup(jid) ? bare(participant) : undefined
  return recipient || (isGroup(jid) && !who)
    ? []   // of what somebody else wrote, or of nobody
    : [{ type: 'receiptReceived', jid, whatsAppIds: [id, ...more(content)], kind: isRead ? 'read' : 'delivered', at, ...(who ? { participant: who } : {}) }]
}

/** The other messages that one receipt is for. */
function more(content: BinaryNode['content']): string[] {
  const list = Array.isArray(content) ? content[0]?.content : undefined
  return Array.isArray(list) ? list.flatMap(({ tag, attrs }) => (tag === 'item' && attrs['id'] ? [attrs['id']] : [])) : []
}
