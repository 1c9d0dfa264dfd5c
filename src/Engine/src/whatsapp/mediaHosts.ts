import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, type MediaConnInfo, S_WHATSAPP_NET } from 'baileys'

const firstPauseMs = 1_000
const lastPauseMs = 60_000
/** An answer that is newer than this is not asked for once more, whatever came of it. */
const newMs = 10_000

/**
 * Where the network has files sent to, which it says for a while. The library asks for this as well, but after one question that was
 * refused or not answered it fails at every file for as long as the connection lasts. Here it is asked again, after a pause that grows.
 */
export class MediaHosts {
  #known: { hosts: MediaConnInfo; at: number } | undefined
  #asking: Promise<MediaConnInfo> | undefined
  #failed: { error: unknown; until: number } | undefined
  #pauseMs = firstPauseMs

  constructor(private readonly query: (question: BinaryNode) => Promise<BinaryNode>) {}

  /** @param isOfNoUse Whether a file was not taken where the last answer had it sent to. */
  async get(isOfNoUse = false): Promise<MediaConnInfo> {
    const now = performance.now()
    if (this.#known && now - this.#known.at > (isOfNoUse ? newMs : this.#known.hosts.ttl * 1_000)) {
      this.#known = undefined
    }
    if (this.#known) {
      return this.#known.hosts
    }
    if (this.#failed && now < this.#failed.until) {
      throw this.#failed.error
    }
    return await (this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    }))
  }

  async #ask(): Promise<MediaConnInfo> {
    try {
      const hosts = toHosts(await this.query({
        tag: 'iq', attrs: { type: 'set', xmlns: 'w:m', to: S_WHATSAPP_NET }, content: [{ tag: 'media_conn', attrs: {} }],
      }))
      this.#known = { hosts, at: performance.now() }
      this.#failed = undefined
      this.#pauseMs = firstPauseMs
      return hosts
    } catch (error) {
      this.#failed = { error, until: performance.now() + this.#pauseMs }
      this.#pauseMs = Math.min(this.#pauseMs * 2, lastPauseMs)
      throw error
    }
  }
}

function toHosts(answer: BinaryNode): MediaConnInfo {
  const said = getBinaryNodeChild(answer, 'media_conn')
  const hosts = getBinaryNodeChildren(said, 'host').flatMap(({ attrs: { hostname, maxContentLengthBytes } }) =>
    hostname ? [{ hostname, maxContentLengthBytes: Number(maxContentLengthBytes) }] : [])
  const { auth, ttl } = said?.attrs ?? {}
  if (!auth || hosts.length === 0) {
    throw new Error('The network does not say where files go.')
  }
  return { auth, ttl: Number(ttl) || 0, hosts, fetchDate: new Date() }
}
