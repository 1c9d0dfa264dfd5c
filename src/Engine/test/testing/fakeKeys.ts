import type { BinaryNode, SignalRepositoryWithLIDStore, WASocket } from 'baileys'

/** A network that gives keys of devices, and a repository that begins sessions with what it gives. */
export class FakeKeys {
  /** The devices of each question. */
  readonly asked: string[][] = []
  readonly begun: string[] = []
  /** What it answers to a question in place of keys: it fails. */
  answer: (devices: string[]) => unknown = () => undefined
  /** Whether it answers how many keys of ours it has. */
  countsOurs = true
  /** When it answers. */
  answered: Promise<void> = Promise.resolve()
  /** What happens while a session with a device begins. */
  meanwhile: (jid: string) => void = () => undefined
  /** With which code it answers about these. */
  readonly refused = new Map<string, number>()
  /** Of which the keys are no good. */
  readonly bad = new Set<string>()
  /** About which it says nothing in its answers. */
  readonly omitted = new Set<string>()
  /** With which there is no session. */
  readonly strangers = new Set<string>()
  /** How sessions are named. */
  named = (jid: string): string => jid

  readonly socket = {
    query: async ({ content }: BinaryNode) => {
      if ((content as BinaryNode[])[0]?.tag === 'count') {
        if (!this.countsOurs) {
          throw refusedWith(503)
        }
        return node('iq', {}, [node('count', { value: '800' })])
      }
      const devices = usersIn(content).map(({ attrs }) => attrs['jid'] ?? '')
      this.asked.push(devices)
      await new Promise(setImmediate)
      await this.answered
      const fault = this.answer(devices)
      if (fault !== undefined) {
        throw fault
      }
      return node('iq', {}, [node('list', {}, devices.filter((jid) => !this.omitted.has(jid)).map((jid) => node('user', { jid }, this.#answerAbout(jid))))])
    },
    signalRepository: {
      injectE2ESession: ({ jid }: { jid: string }) => {
        if (this.bad.has(jid)) {
          return Promise.reject(new Error('Signature verification failed'))
        }
        this.begun.push(jid)
        this.meanwhile(jid)
        this.strangers.delete(this.named(jid))
        return Promise.resolve()
      },
      validateSession: (jid: string) => Promise.resolve({ exists: !this.strangers.has(this.named(jid)) }),
    } as unknown as SignalRepositoryWithLIDStore,
  } satisfies Pick<WASocket, 'query' | 'signalRepository'>

  #answerAbout(device: string): BinaryNode[] {
    const code = this.refused.get(device)
    return code ? [node('error', { code: `${code}` })] : [
      node('registration', {}, Buffer.alloc(4)),
      node('identity', {}, Buffer.alloc(32)),
      node('skey', {}, [node('id', {}, Buffer.alloc(3)), node('value', {}, Buffer.alloc(32)), node('signature', {}, Buffer.alloc(64))]),
    ]
  }
}

/** How the library fails at a question that the network answers with an error. */
export function refusedWith(code: number): Error {
  return Object.assign(new Error('refused'), { isBoom: true, data: code })
}

function usersIn(content: BinaryNode['content']): BinaryNode[] {
  const [key] = content as BinaryNode[]
  return key?.content as BinaryNode[]
}

function node(tag: string, attrs: BinaryNode['attrs'], content?: BinaryNode['content']): BinaryNode {
  return { tag, attrs, ...(content ? { content } : {}) }
}
