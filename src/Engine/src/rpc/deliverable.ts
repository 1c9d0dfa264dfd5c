import { Event, InboundMessage } from './contract.js'
import { ShapeError } from './shape.js'

/**
 * Of a message, and of what is told beside messages: more than the 65,536 characters that a person can write take, of three bytes each. Seventy-five of
 * the largest, one event of history, fit into a frame.
 */
const bytesPerMessage = 200 * 1024
/** Of a text that is answered: it only says which one that is. */
const quotedCharacters = 1_024
/** The network's own code for a failure that it does not explain. */
const unknownReason = 500

/** Told of what cannot be delivered as it is: of which kind, and what is wrong, without what it says. */
export type Refused = (type: string, why: string) => void

/**
 * What can be delivered of an event. Strangers write most of what is in them, and what the silo cannot read it would refuse
 * again and again, with everything that waits behind. So a message that does not fit the contract is told as one that cannot be
 * shown, and another event that does not fit is left out. That a connection begins or ends is told all the same. Changes of credentials pass as they are: they are our own.
 */
export function deliverable(event: Event, refused: Refused): Event[] {
  if (event.type === 'credentialsChanged') {
    return [event]
  }
  const clean = wellFormed(event)
  switch (clean.type) {
    case 'messageReceived':
      return fitting(clean.message, refused).map((message) => ({ ...clean, message }))
    case 'historyReceived':
      return ifFits({ ...clean, messages: clean.messages.flatMap((message) => fitting(message, refused)) }, refused)
    case 'opened':
    case 'linked': {
      const { pushName, ...nameless } = clean
      const named = ifFits(clean, refused)
      return named.length > 0 || pushName === undefined ? named : ifFits(nameless, refused)
    }
    case 'closed':
      // Whatever is wrong with how it is told, that it is over has to be.
      return ifFits(clean, refused, [{ type: 'closed', code: unknownReason }])
    default:
      return ifFits(clean, refused)
  }
}

/** Text without half a character: no other program would read it. */
export function wellFormed<T>(value: T): T {
  if (typeof value === 'string') {
    return value.toWellFormed() as T
  }
  if (Array.isArray(value)) {
    return value.map((each: unknown) => wellFormed(each)) as T
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, wellFormed(each as unknown)])) as T
  }
  return value
}

function ifFits(event: Event, refused: Refused, otherwise: Event[] = []): Event[] {
  const why = whyNot(() => {
    Event(event, 'event')
    if (event.type !== 'historyReceived') {   // its messages were measured one by one
      atMost(bytesPerMessage, event, 'event')
    }
  })
  if (why) {
    refused(event.type, why)
  }
  return why ? otherwise : [event]
}

function fitting(given: InboundMessage, refused: Refused): InboundMessage[] {
  const message = quotingLittle(given)
  const why = whyNotMessage(message)
  if (!why) {
    return [message]
  }
  refused('messageReceived', why)
  const { whatsAppId, jid, otherJid, fromMe, participant, otherParticipant, timestamp } = message
  const unreadable: InboundMessage = {
    whatsAppId, jid, fromMe, timestamp, type: 'unsupported', contacts: [], mentions: [],
    ...(otherJid ? { otherJid } : {}),
    ...(participant ? { participant } : {}),
    ...(otherParticipant ? { otherParticipant } : {}),
  }
  return whyNotMessage(unreadable) ? [] : [unreadable]
}

/** What somebody answers may be as long as the answer, of which nothing should be lost for it. */
function quotingLittle(message: InboundMessage): InboundMessage {
  const { replyTo } = message
  if (!replyTo?.text || replyTo.text.length <= quotedCharacters) {
    return message
  }
  const begins = replyTo.text.slice(0, quotedCharacters - 1).replace(/[\ud800-\udbff]$/, '')
  return { ...message, replyTo: { ...replyTo, text: `${begins}…` } }
}

function whyNotMessage(message: InboundMessage): string | undefined {
  return whyNot(() => {
    InboundMessage(message, 'message')
    atMost(bytesPerMessage, message, 'message')
  })
}

function atMost(bytes: number, value: unknown, path: string): void {
  if (Buffer.byteLength(JSON.stringify(value)) > bytes) {
    throw new ShapeError(path, `of ${bytes} bytes at most`)
  }
}

function whyNot(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof ShapeError) {
      return error.message
    }
    throw error
  }
}
