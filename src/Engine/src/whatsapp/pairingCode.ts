import { type BinaryNode, getBinaryNodeChild, type WASocket } from 'baileys'
import { within } from '../numbers/deadline.js'

const answers = ['CB:iq,type:result', 'CB:iq,type:error']

/** The network gives no code for a phone, or no more of them at the moment. */
export class CodeRefused extends Error {
  /** @param code The network's own, as it says it. */
  constructor(readonly code: string | undefined) {
    super('The network refused the pairing code.')
    this.name = 'CodeRefused'
  }
}

/**
 * A code for a phone, that the network knows. The library makes it up, tells the network, and does not wait for the answer: a code that was
 * refused would be typed in vain. It hides the name of its question, too; but of a device that is not linked it is the only one whose answer
 * nobody in the library waits for.
 */
export async function askForCode(socket: Pick<WASocket, 'ws' | 'requestPairingCode'>, phone: string, limitMs: number): Promise<string> {
  const { ws } = socket
  let answered: (answer: BinaryNode) => void = () => undefined
  const heard = new Promise<BinaryNode>((resolve) => {
    answered = resolve
  })
  const hear = (answer: BinaryNode) => {
    if (ws.listenerCount(`TAG:${answer.attrs['id']}`) === 0) {
      answered(answer)
    }
  }
  answers.forEach((event) => ws.on(event, hear))
  try {
    const code = await socket.requestPairingCode(phone)
    if (!(await within(limitMs, heard))) {
      throw new Error('The network said nothing to the pairing code.')
    }
    const answer = await heard
    if (answer.attrs['type'] === 'error') {
      throw new CodeRefused(getBinaryNodeChild(answer, 'error')?.attrs['code'])
    }
    return code
  } finally {
    answers.forEach((event) => ws.off(event, hear))
  }
}
