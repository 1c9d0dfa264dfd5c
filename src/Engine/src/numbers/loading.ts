import { EngineError, type Entry } from '../rpc/contract.js'

const waitLimitMs = 30_000

/**
 * Credentials that are more than one frame takes, part by part: kept until they are taken to open their number, and no longer than
 * somebody can still be about to.
 */
export class Loading {
  #parts: Entry[][] = []
  #timer: NodeJS.Timeout | undefined

  /** The first part begins anew, whatever was loaded before. */
  add(part: number, credentials: Entry[]): void {
    if (part === 1) {
      this.drop()
    }
    if (part !== this.#parts.length + 1) {
      this.drop()
      throw incomplete()
    }
    this.#parts.push(credentials)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.drop(), waitLimitMs).unref()
  }

  /** So many parts, once. Nothing stays behind, whether that is what was loaded or not. */
  take(parts: number): Entry[] {
    const loaded = this.#parts
    this.drop()
    if (parts > 0 && loaded.length !== parts) {
      throw incomplete()
    }
    return parts > 0 ? loaded.flat() : []
  }

  drop(): void {
    clearTimeout(this.#timer)
    this.#parts = []
  }
}

function incomplete(): EngineError {
  return new EngineError('unavailable', 'Parts of the credentials are missing.')
}
