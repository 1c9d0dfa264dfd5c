import { type BinaryNode, proto, type WAMessage } from 'baileys'

const ciphers = new Set(['msg', 'pkmsg', 'skmsg'])

/**
 * Whether a message stanza holds nothing that the library can read: what was written is on the phone only, at least for now, or
 * encrypted in a way of its own.
 */
export function isEmpty(stanza: BinaryNode): boolean {
  const sealed = parts(stanza).filter(({ tag }) => tag === 'enc')
  return !isPlain(stanza)
    // The library looks no further than a first one of this kind.
    && (sealed[0]?.attrs['type'] === 'msmsg' || !sealed.some(({ attrs, content }) => ciphers.has(attrs['type'] ?? '') && content instanceof Uint8Array))
}

/** Whether it holds something that is not encrypted, which the library reads by itself. */
export function isPlain(stanza: BinaryNode): boolean {
  return parts(stanza).some(({ tag }) => tag === 'plaintext')
}

/**
 * Whether a person is to know that this one came, though it cannot be read. What changes another message, and what the sender
 * marked as not worth a word, would only be a riddle; what our own devices tell each other is nobody's business.
 */
export function isWorthAWord(stanza: BinaryNode): boolean {
  const { category, edit, type } = stanza.attrs
  return category !== 'peer' && !edit && type !== 'reaction' && !parts(stanza).some(({ attrs }) => attrs['decrypt-fail'] === 'hide')
}

/** What our own phone gives of messages that came without content. Nobody else may say what another person wrote. */
export function givenByPhone({ key, message, ...more }: WAMessage): WAMessage[] {
  const isOwn = key.fromMe === true && (more as { category?: string }).category === 'peer'
  const results = isOwn ? message?.protocolMessage?.peerDataOperationRequestResponseMessage?.peerDataOperationResult : undefined
  return (results ?? []).flatMap(({ placeholderMessageResendResponse: given }) =>
    given?.webMessageInfoBytes ? [proto.WebMessageInfo.decode(given.webMessageInfoBytes) as WAMessage] : [])
}

function parts({ content }: BinaryNode): BinaryNode[] {
  return Array.isArray(content) ? content : []
}
