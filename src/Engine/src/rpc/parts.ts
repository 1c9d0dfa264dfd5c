import type { Entry, Event } from './contract.js'

const bytesPerPart = 4 * 1024 * 1024
const bytesPerEntry = 12 * 1024 * 1024
const mostParts = 16
/** What JSON puts around a name and its value, at least. */
const punctuation = 20

/**
 * Changes of credentials in parts that each fit into a frame with much room left: one message to a large group can change thousands.
 * Undefined when there is no such way to tell them.
 */
export function inParts(changes: Entry[]): Entry[][] | undefined {
  const parts: Entry[][] = [[]]
  let bytes = 0
  for (const change of changes) {
    const more = punctuation + change.name.length + (change.value?.length ?? 0)
    if (more > bytesPerEntry) {
      return undefined
    }
    if (bytes > 0 && bytes + more > bytesPerPart) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(change)
    bytes += more
  }
  return parts.length > mostParts ? undefined : parts
}

/** A batch as it travels: the changes that go ahead of it, and the rest. Changes of more than one part have a batch for themselves. */
export function ahead(events: Event[]): { ahead: Entry[][]; events: Event[] } {
  for (const [index, event] of events.entries()) {
    const parts = event.type === 'credentialsChanged' ? inParts(event.changes) : undefined
    const changes = parts?.pop()
    if (event.type === 'credentialsChanged' && changes && parts && parts.length > 0) {
      return { ahead: parts, events: [...events.slice(0, index), { ...event, changes }, ...events.slice(index + 1)] }
    }
  }
  return { ahead: [], events }
}
