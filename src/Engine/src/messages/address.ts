import { jidDecode, jidNormalizedUser } from 'baileys'

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

/** A chat with a person or a group: no story, no channel, no list. */
export function isChat(jid: string | null | undefined): jid is string {
  return jid != null && /@(s\.whatsapp\.net|lid|g\.us|c\.us|hosted|hosted\.lid)$/.test(jid) && jidDecode(jid)?.user !== ''
}
