import { jidDecode, jidNormalizedUser, type WAMessage } from 'baileys'

/** The address without a device part. */
export function bare(jid: string | null | undefined): string | undefined {
  return jid ? jidNormalizedUser(jid) || undefined : undefined
}

/** Who we are, in both forms. */
export interface Me {
  id?: string | undefined
  lid?: string | undefined
}

export function isMe(jid: string | null | undefined, me: Me): boolean {
  const user = bare(jid)
  return user !== undefined && (user === bare(me.id) || user === bare(me.lid))
}

export function isGroup(jid: string): boolean {
  return jid.endsWith('@g.us')
}

/** A broadcast list: one message to several people, who each have it in their chat with the sender. */
export function isList(jid: string | null | undefined): boolean {
  return jid != null && jid.endsWith('@broadcast') && jid !== 'status@broadcast'
}

/** A chat with a person or a group: no story, no channel, no list. */
export function isChat(jid: string | null | undefined): jid is string {
  return jid != null && /@(s\.whatsapp\.net|lid|g\.us|c\.us|hosted|hosted\.lid)$/.test(jid) && jidDecode(jid)?.user !== ''
}

/**
 * The chat that a message belongs to. What somebody sent through a list of theirs is in the chat with them. What our own phone sent
 * through one is in no chat: it is one message to people of whom nothing is said here, and the list itself is none of the chats.
 */
export function chatOf({ key, participant }: Pick<WAMessage, 'key' | 'participant'>, me: Me): string | undefined {
  const sender = key.participant || participant
  const jid = bare(!isList(key.remoteJid) ? key.remoteJid : key.fromMe || isMe(sender, me) ? undefined : sender)
  return isChat(jid) ? jid : undefined
}
