import { performance } from 'node:perf_hooks'

const lookEveryMs = 250

/**
 * Calls out when no heartbeat came for too long: then somebody else may own our numbers. Measured on the monotonic
 * clock, so neither a set clock nor a paused process hides it. A process that was busy for too long looks first at what came
 * meanwhile.
 */
export class Fence {
  #heardAt = performance.now()
  readonly #timer: NodeJS.Timeout

  constructor(limitMs: number, onSilence: () => void) {
    const isSilent = () => performance.now() - this.#heardAt > limitMs
    this.#timer = setInterval(() => {
      if (isSilent()) {
        // After the sockets, which are read between timers and this.
        setImmediate(() => {
          if (isSilent()) {
            this.lower()
            onSilence()
          }
        })
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
