/** The address of the server itself: on the wire its user part is empty, and the client checks for exactly this. */
export const SERVER = '@s.whatsapp.net'

/** Attributes that are undefined are left out, as they are on the wire. */
export function stanza(tag, attrs = {}, content = undefined) {
  const present = Object.entries(attrs).filter(([, value]) => value !== undefined)
  return { tag, attrs: Object.fromEntries(present.map(([name, value]) => [name, String(value)])), content }
}

export function children(node, tag) {
  if (!Array.isArray(node?.content)) return []
  return tag === undefined ? node.content : node.content.filter(child => child.tag === tag)
}

export const child = (node, tag) => children(node, tag)[0]

export function bytes(node, tag) {
  const content = child(node, tag)?.content
  if (typeof content === 'string') return Buffer.from(content)
  return content instanceof Uint8Array ? Buffer.from(content) : undefined
}

/** Whether a message for a linked device is the answer to its asking once more: then it says for the how manyth time. */
export const isAnswer = message => children(message, 'enc').some(({ attrs }) => attrs.count !== undefined)

export function bigEndian(number, length) {
  const buffer = Buffer.alloc(length)
  buffer.writeUIntBE(number, 0, length)
  return buffer
}

/** One line that names a stanza in a report, without its contents. */
export function outline(node) {
  const attrs = Object.entries(node.attrs).map(([name, value]) => ` ${name}="${value}"`).join('')
  const inner = children(node).map(part => part.tag).join(' ')
  return `<${node.tag}${attrs}>${inner ? ` ${inner}` : ''}`
}

export const seconds = (at = Date.now()) => Math.floor(at / 1000)

/** What somebody shows, to whom it was given, with a message to the giver. */
export const tokenNode = ({ jid, token, t }) => stanza('token', { jid, t, type: 'trusted_contact' }, token)
