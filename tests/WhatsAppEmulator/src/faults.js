/**
 * What goes wrong on purpose. `login`: the next log-in is refused. `ack`: what becomes of the answer to the next message
 * (`late`, `held`, `lost`, `double`, `error`). `query` and a name as queries.js has it: the next such query is refused (`error`), never answered (`silent`),
 * or the line goes dead in place of an answer (`drop`). `keys`: of the device that it is about nobody gets keys, but an error (`refused`), or an
 * answer without it (`omitted`). `file`: the next download of a file of this phone, `about` one kind, ends in the midst of it (`cut`), stands still there
 * (`stalled`), or is refused. `history`: the next part of the history that this phone tells is none, though it comes whole. `dirty`: the next log-in hears that its groups are out of date. Each is for one phone
 * or for everybody and is used up after `count` times.
 */
export class Faults {
  /** Whether a message id that was seen before is delivered once more, or only acknowledged. */
  swallowRepeats = false
  /** Stanzas of more bytes than this are compressed, as the real server does with large ones. */
  compressOver = Infinity
  #planned = []
  #timers = new Set()
  #held = []

  plan({ at, phone, about, count = 1, ...fault }) {
    this.#planned.push({ at, phone, about, count, fault })
  }

  /** @param isAbout Whether what happens concerns this other phone. */
  take(at, phone, isAbout = () => false) {
    const index = this.#planned.findIndex(planned => planned.at === at && (planned.phone === undefined || planned.phone === phone)
      && (planned.about === undefined || isAbout(planned.about)))
    if (index < 0) return undefined
    const planned = this.#planned[index]
    if (--planned.count === 0) this.#planned.splice(index, 1)
    return planned.fault
  }

  /** Does something after a while, unless the faults are cleared first. */
  later(ms, action) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, ms)
    this.#timers.add(timer)
  }

  /** Does something when it is released, unless the faults are cleared first. */
  hold(action) {
    this.#held.push(action)
  }

  release() {
    for (const action of this.#held.splice(0)) action()
  }

  clear() {
    this.#planned = []
    this.#held = []
    this.swallowRepeats = false
    this.compressOver = Infinity
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
