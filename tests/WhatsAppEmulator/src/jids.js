const SHAPE = /^(\d+)(?::(\d+))?@(s\.whatsapp\.net|lid)$/

export const pn = (phone, device = 0) => `${phone}${device ? `:${device}` : ''}@s.whatsapp.net`
export const lid = (number, device = 0) => `${number}${device ? `:${device}` : ''}@lid`
export const isGroup = jid => /^[\d-]+@g\.us$/.test(jid ?? '')
export const isList = jid => /^\d+@broadcast$/.test(jid ?? '')
export const isLid = jid => parse(jid)?.server === 'lid'

/** The parts of a person's or a device's address; undefined for everything else. */
export function parse(jid) {
  const match = SHAPE.exec(jid ?? '')
  return match ? { user: match[1], device: Number(match[2] ?? 0), server: match[3], hasDevice: match[2] !== undefined } : undefined
}

export function withoutDevice(jid) {
  const parts = parse(jid)
  return parts ? `${parts.user}@${parts.server}` : jid
}
