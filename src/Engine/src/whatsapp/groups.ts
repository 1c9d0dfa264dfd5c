import type { GroupMetadata } from 'baileys'

const freshMs = 5 * 60_000
/** Members of all groups together; so many take some 2 MB. */
const mostMembers = 10_000
/** What a group takes beside its members, as if it were so many more. */
const ownWeight = 10

/** Who is in the groups of a number, as the network said it a moment ago. */
export class Groups {
  /** Oldest first. */
  readonly #known = new Map<string, { group: GroupMetadata; weight: number; at: number }>()
  #weight = 0
  #cleaning: NodeJS.Timeout | undefined

  get(jid: string): GroupMetadata | undefined {
    const known = this.#known.get(jid)
    return known && this.#isFresh(known) ? known.group : undefined
  }

  /** Where there are too many, the oldest are forgotten, and never this one. */
  keep(group: GroupMetadata): void {
    const weight = ownWeight + group.participants.length
    this.forget(group.id)
    for (const oldest of this.#known.keys()) {
      if (this.#weight + weight <= mostMembers) {
        break
      }
      this.forget(oldest)
    }
    this.#known.set(group.id, { group, weight, at: performance.now() })
    this.#weight += weight
    this.#cleanLater()
  }

  forget(jid: string): void {
    const known = this.#known.get(jid)
    if (known) {
      this.#known.delete(jid)
      this.#weight -= known.weight
    }
  }

  /** How many are kept, of use or not. */
  get count(): number {
    return this.#known.size
  }

  #isFresh({ at }: { at: number }): boolean {
    return performance.now() - at < freshMs
  }

  // Nobody may ever ask for them again.
  #cleanLater(): void {
    this.#cleaning ??= setTimeout(() => {
      this.#cleaning = undefined
      for (const [jid, known] of this.#known) {
        if (this.#isFresh(known)) {
          break
        }
        this.forget(jid)
      }
      if (this.#known.size > 0) {
        this.#cleanLater()
      }
    }, freshMs).unref()
  }
}
