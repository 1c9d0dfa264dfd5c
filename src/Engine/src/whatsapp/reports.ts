import { type BaileysEventMap, isLidUser, isPnUser, type WAMessage } from 'baileys'
import { bare, isChat, isGroup, isMe, type Me } from '../messages/address.js'
import { toMessage } from '../messages/inbound.js'
import type { Event, Presence } from '../rpc/contract.js'

/** So many of the largest fit into a frame. */
const messagesPerHistoryEvent = 75

type Batch = Partial<BaileysEventMap>

/** What a flush of the library's events says beside messages: names and addresses. Pure. */
export function toReports(batch: Batch): Event[] {
  return [
    ...(batch['lid-mapping.update'] ? alias(batch['lid-mapping.update'].pn, batch['lid-mapping.update'].lid) : []),
    ...[...(batch['contacts.upsert'] ?? []), ...(batch['contacts.update'] ?? [])].flatMap(contact),
    ...[...(batch['groups.upsert'] ?? []), ...(batch['groups.update'] ?? [])].flatMap(({ id, subject }) => named(id, subject)),
  ]
}

/** What people do in a chat at this moment. Being there or not says that they write nothing. Pure. */
export function toPresences({ id, presences }: BaileysEventMap['presence.update'], me: Me): Presence[] {
  const jid = bare(id)
  return !isChat(jid) ? [] : Object.entries(presences).filter(([who]) => !isMe(who, me)).map(([who, { lastKnownPresence: known }]) => ({
    jid,
    participant: isGroup(jid) ? bare(who) : undefined,
    state: known === 'composing' || known === 'recording' ? known : 'paused',
  }))
}

/** Older messages, in events small enough to be stored one by one; the last one says whether that was all. */
export function toHistory(history: BaileysEventMap['messaging-history.set'], me: Me, request: string | undefined): Event[] {
  const messages = (history.messages as WAMessage[]).flatMap((message) => toMessage(message, me) ?? [])
  const percent = history.progress == null || !Number.isFinite(history.progress) ? {} : { percent: Math.min(100, Math.max(0, Math.round(history.progress))) }
  const done = request !== undefined || history.progress === 100
  const events: Event[] = [
    ...(history.lidPnMappings ?? []).flatMap(({ pn, lid }) => alias(pn, lid)),
    ...history.contacts.flatMap(contact),
  ]
  let from = 0
  do {
    const part = messages.slice(from, from + messagesPerHistoryEvent)
    from += messagesPerHistoryEvent
    events.push({
      type: 'historyReceived', messages: part, ...(request === undefined ? {} : { request }), ...percent,
      done: done && from >= messages.length,
    })
  } while (from < messages.length)
  return events
}

function contact({ id, name, notify, verifiedName, lid, phoneNumber }: Partial<BaileysEventMap['contacts.upsert'][number]>): Event[] {
  const phoneJid = id && isPnUser(id) ? id : phoneNumber
  const hidden = id && isLidUser(id) ? id : lid
  return [
    ...(phoneJid && hidden ? alias(phoneJid, hidden) : []),
    ...named(id, notify ?? verifiedName),
    ...named(id, name, true),
  ]
}

function named(id: string | undefined, name: string | null | undefined, saved = false): Event[] {
  const jid = bare(id)
  return isChat(jid) && name ? [{ type: 'named', jid, name, saved }] : []
}

function alias(pn: string, lid: string): Event[] {
  const phoneJid = bare(pn.includes('@') ? pn : `${pn}@s.whatsapp.net`)
  const hidden = bare(lid)
  return phoneJid && hidden && isPnUser(phoneJid) && isLidUser(hidden) && !isGroup(phoneJid)
    ? [{ type: 'aliasLearned', phoneJid, lid: hidden }]
    : []
}
