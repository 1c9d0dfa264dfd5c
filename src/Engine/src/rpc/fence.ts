import { performance } from 'node:perf_hooks'

const lookEveryMs = 250

/**
 * Calls out when no heartbeat came for too long: then somebody else may own our numbers. Measured on the monotonic
 * clock, so neither a set clock nor a paused process hides it.
 */
export class Fence {
  #heardAt = performance.now()
  readonly #timer: NodeJS.Timeout

  constructor(limitMs: number, onSilence: () => void) {
    this.#timer = setInterval(() => {
      if (performance.now() - this.#heardAt > limitMs) {
        this.lower()
        onSilence()
      }
    }, lookEveryMs)
  }

  heartbeat(): void {
    this.#heardAt = performance.now()
  }

  lower(): void {
    clearInterval(this.#timer)
  }
}
