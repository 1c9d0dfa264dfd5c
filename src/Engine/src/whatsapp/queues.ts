type Job<R> = () => Promise<R>

/** One thing at a time for each name, in order, whatever became of the one before. Names do not wait for each other. */
export class Queues {
  readonly #last = new Map<string, Promise<void>>()

  /** For how many names there is something to do. */
  get busy(): number {
    return this.#last.size
  }

  /** A job runs in the context of whoever wants it done; at once, when none is before it. */
  run<R>(name: string, job: Job<R>): Promise<R> {
    const before = this.#last.get(name)
    const result = before ? before.then(job) : job()
    const done = result.then(() => undefined, () => undefined).then(() => {
      if (this.#last.get(name) === done) {
        this.#last.delete(name)
      }
    })
    this.#last.set(name, done)
    return result
  }
}
