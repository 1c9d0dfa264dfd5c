import { type BinaryNode, getBinaryNodeChild, jidDecode, proto } from 'baileys'
import { describeFault } from '../log/redact.js'
import { bare, isChat, isGroup, isMe, type Me } from '../messages/address.js'
import { never, within } from '../numbers/deadline.js'
import type { Port } from '../numbers/network.js'
import type { Encryptions } from './encryptions.js'
import type { KnownDevices } from './knownDevices.js'
import type { Lifetime } from './lifetime.js'
import type { Memory } from './memory.js'
import type { Queries } from './queries.js'
import type { Recipients } from './recipients.js'
import { codeOf, mayPass } from './refusals.js'

/** For all that has to be known of those who get a message once more. */
const findLimitMs = 8_000
const sentMessageMs = 15_000

/** What answering needs of its connection. */
export interface Answering {
  port: Pick<Port, 'log' | 'sentMessage'>
  memory: Pick<Memory, 'putOff'> & { retries: Pick<Memory['retries'], 'unfinished'> }
  reader: { readonly me: Me }
  queries: Pick<Queries, 'within' | 'watched'>
  recipients: Pick<Recipients, 'find'>
  knownDevices: Pick<KnownDevices, 'takeIn'>
  encryptions: Pick<Encryptions, 'of'>
  lifetime: Pick<Lifetime, 'during'>
  /** Ends the connection at once: nothing is written to it after that. */
  giveUp(why: string): void
}

/**
 * Has the library answer who could not read a message and asks for it again. It confirms the receipt whatever becomes of that, and who asked does
 * not ask again. So where the answer fails of what may pass, the connection ends before: on the next one the receipt is offered again.
 */
export class Answers {
  constructor(private readonly answering: Answering) {}

  /** @param call Has the library answer. */
  async give(receipt: BinaryNode, call: () => unknown): Promise<void> {
    const { queries, encryptions, knownDevices } = this.answering
    if (!(await this.#find(receipt))) {
      return
    }
    const { from, participant } = receipt.attrs
    if (getBinaryNodeChild(receipt, 'keys') && from) {
      // It can be written to, whatever the network has of it.
      knownDevices.takeIn(participant ?? from)
    }
    let isOver = false
    const failed = (code: number) => {
      isOver ||= this.#failed(receipt, code)
    }
    try {
      await queries.watched(failed, () => encryptions.of(async () => await call()))
    } finally {
      // The library goes on to ask what is of no use to the answer.
      isOver = true
    }
  }

  /** For the library, which asks while it handles a receipt, and handles no other one until it is answered. */
  async sentBefore(id: string | null | undefined): Promise<proto.IMessage | undefined> {
    const { port, giveUp } = this.answering
    if (!id) {
      return undefined
    }
    let answer: { prepared: Buffer | undefined } | undefined
    try {
      await within(sentMessageMs, port.sentMessage(id).then((prepared) => {
        answer = { prepared }
      }))
    } catch (error) {
      port.log('warning', 'the silo could not say whether a message was sent', undefined, describeFault(error))
    }
    if (!answer) {
      giveUp('a receiver asked for a message again, and nobody said whether it is there')
      return await never()
    }
    return answer.prepared && proto.Message.decode(answer.prepared)
  }

  /**
   * A phone is answered with a message to all devices of the chat, and the library asks for the keys of all with whom there is no session in one
   * question, which fails when one of them has none. So what can be had of them is had before. False when the connection ended.
   */
  async #find(receipt: BinaryNode): Promise<boolean> {
    const { port, reader, queries, recipients, lifetime } = this.answering
    const chat = writtenToAgain(receipt, reader.me)
    try {
      if (chat) {
        // In a group the library gives a new key to everybody.
        await lifetime.during(queries.within(findLimitMs, () => recipients.find(chat, findLimitMs, isGroup(chat))))
      }
    } catch (error) {
      port.log('warning', 'it is not known of everybody how to write to them once more', undefined, describeFault(error))
      return !mayPass(codeOf(error)) || !this.#putOff(receipt)
    }
    return true
  }

  /** While the library answers, which has counted that by then. Whether the connection ended. */
  #failed(receipt: BinaryNode, code: number): boolean {
    const { port, memory } = this.answering
    if (mayPass(code) && this.#putOff(receipt)) {
      memory.retries.unfinished(receipt)
      return true
    }
    port.log('error', 'a message that was asked for again may not have been sent: the network did not say what has to be known for it', undefined, {
      whatsAppId: receipt.attrs['id'], code,
    })
    return false
  }

  #putOff(receipt: BinaryNode): boolean {
    const { memory, giveUp } = this.answering
    const { id, from, participant } = receipt.attrs
    if (!memory.putOff(`${id} ${participant ?? from} ${getBinaryNodeChild(receipt, 'retry')?.attrs['count']}`)) {
      return false
    }
    giveUp('a receiver asked for a message again, and the network does not say what has to be known for it')
    return true
  }
}

/** The chat to all devices of which a message is written once more; a companion that asks is answered alone. */
function writtenToAgain({ attrs: { from, participant, recipient } }: BinaryNode, me: Me): string | undefined {
  const receiver = participant ?? from
  const chat = bare(isMe(receiver, me) && from && !isGroup(from) ? recipient : from)
  return isChat(chat) && !jidDecode(receiver)?.device ? chat : undefined
}
