import type { EventOf, Settings } from '../rpc/contract.js'

const firstQrMs = 60_000
const nextQrMs = 20_000
const codeLivesMs = 160_000

type Offer = EventOf<'linkOffered'>

/** How a device of one connection can be linked: by each QR code that the library shows, or by one code for a phone. */
export class LinkOffers {
  #hasBegun = false

  constructor(
    private readonly phone: string | undefined,
    private readonly settings: Settings,
    /** Gives a code that the network has taken. */
    private readonly askForCode: (phone: string) => Promise<string>,
  ) {}

  /** What a QR code of the library offers; nothing when there is a code already. */
  async next(qr: string): Promise<Offer | undefined> {
    const first = !this.#hasBegun
    this.#hasBegun = true
    if (!this.phone) {
      return { type: 'linkOffered', qr, expiresAt: expiresIn(this.settings.qrTimeoutMs ?? (first ? firstQrMs : nextQrMs)) }
    }
    return first ? { type: 'linkOffered', code: await this.askForCode(this.phone), expiresAt: expiresIn(codeLivesMs) } : undefined
  }
}

function expiresIn(ms: number): string {
  return new Date(Date.now() + ms).toISOString()
}
