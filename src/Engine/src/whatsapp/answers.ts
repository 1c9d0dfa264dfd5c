import { type BinaryNode, jidDecode } from 'baileys'
import type { Log } from '../log/log.js'
import { describeFault } from '../log/redact.js'
import { bare, isChat, isGroup, isMe, type Me } from '../messages/address.js'
import type { Encryptions } from './encryptions.js'
import type { Lifetime } from './lifetime.js'
import type { Queries } from './queries.js'
import type { Recipients } from './recipients.js'

/** For all that has to be known of those who get a message once more. */
const findLimitMs = 20_000

/** What answering needs of its connection. */
export interface Answering {
  log: Log
  reader: { readonly me: Me }
  queries: Pick<Queries, 'within'>
  recipients: Pick<Recipients, 'find'>
  encryptions: Pick<Encryptions, 'of'>
  lifetime: Pick<Lifetime, 'during'>
}

/** Has the library answer who could not read a message and asks for it again. */
export class Answers {
  constructor(private readonly answering: Answering) {}

  /**
   * A phone is answered with a message to all devices of the chat, and the library asks for the keys of all with whom there is no session in one
   * question, which fails when one of them has none. So what can be had of them is had before.
   * @param call Has the library answer. It confirms the receipt whatever becomes of that.
   */
  async give(receipt: BinaryNode, call: () => unknown): Promise<void> {
    const { log, queries, recipients, encryptions, lifetime } = this.answering
    const chat = writtenToAgain(receipt, this.answering.reader.me)
    if (chat) {
      try {
        // In a group the library gives a new key to everybody.
        await lifetime.during(queries.within(findLimitMs, () => recipients.find(chat, findLimitMs, isGroup(chat))))
      } catch (error) {
        log('warning', 'it is not known of everybody how to write to them once more', undefined, describeFault(error))
      }
    }
    await encryptions.of(async () => await call())
  }
}

/** The chat to all devices of which a message is written once more; a companion that asks is answered alone. */
function writtenToAgain({ attrs: { from, participant, recipient } }: BinaryNode, me: Me): string | undefined {
  const receiver = participant ?? from
  const chat = bare(isMe(receiver, me) && from && !isGroup(from) ? recipient : from)
  return isChat(chat) && !jidDecode(receiver)?.device ? chat : undefined
}
