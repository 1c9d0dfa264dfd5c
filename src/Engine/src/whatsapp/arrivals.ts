import type { BinaryNode } from 'baileys'
import { bare, isList } from '../messages/address.js'
import { within } from '../numbers/deadline.js'
import { Queues } from './queues.js'

/** Longer than whatever ends by itself: a write that is not stored within half a minute ends the connection, and a silent download ends. */
const handlingLimitMs = 120_000
/** For how many limits a message may wait while others get done. */
const mostLimits = 5

/**
 * Has the library handle what arrives in order. By itself it begins with all messages at once, and decrypts each when what has to
 * be done before is done: a stranger's first one, whose other address is stored before, is overtaken by the second. What waited for
 * the connection it keeps in a queue of its own, and what comes live goes past that. It reads all frames at once, too, and one that
 * is compressed takes longer.
 */
export class Arrivals {
  readonly #frames = new Queues()
  readonly #conversations = new Queues()
  #handled = 0

  /** @param late Called when the library does not get done with a message: it has one line for all of them, and nothing in it goes on. */
  constructor(private readonly late: () => void, private readonly limitMs = handlingLimitMs) {}

  /** How many conversations there are with a message that is being handled or waits. */
  get busy(): number {
    return this.#conversations.busy
  }

  /** Reads a frame, which must not throw, when the one before is read. */
  frame(read: () => Promise<void>): Promise<void> {
    return this.#frames.run('', read)
  }

  /** Handles a message, which must not throw, when the one before it in its conversation is handled. */
  message(stanza: BinaryNode, handle: () => Promise<void>): Promise<void> {
    return this.#conversations.run(conversationOf(stanza), async () => {
      delete stanza.attrs['offline']   // the mark of what belongs into the library's own queue
      const handled = handle().then(() => {
        this.#handled++
      })
      for (let limits = 0, before = -1; limits < mostLimits && before !== this.#handled; limits++) {
        before = this.#handled
        if (await within(this.limitMs, handled)) {
          return
        }
      }
      this.late()
    })
  }

  /** Returns when the messages before it in its conversation are handled: it may be about one of them. */
  after(stanza: BinaryNode): Promise<void> {
    return this.#conversations.run(conversationOf(stanza), async () => undefined)
  }
}

/** Where a message is seen: what one of our own devices wrote where it wrote to, and what came through a list with its sender. */
function conversationOf({ attrs: { recipient, from, participant } }: BinaryNode): string {
  return bare(recipient ?? (isList(from) ? participant : from)) ?? ''
}
