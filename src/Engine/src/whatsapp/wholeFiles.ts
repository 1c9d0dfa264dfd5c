import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { DEF_MEDIA_HOST, DEFAULT_ORIGIN } from 'baileys'
import type { Dispatcher } from 'undici'
import type { HistoryParts, Part } from './historyParts.js'
import { Readings } from './readings.js'

export interface FileLimits {
  /** Of one file in bytes, encrypted as it is served. */
  most: number
  /** For one file in milliseconds, with all tries. */
  limitMs: number
  /** How often it is asked for. */
  tries: number
  /** Between two tries, in milliseconds. */
  pauseMs: number
}

/**
 * In bytes. Phones cut the history into parts of a few megabytes, and an address book of 50,000 people takes some fifteen. A part of 200,000 messages was
 * measured to take 15 MiB as a file, and read, at once and in 3 s, 290 MB of the gigabyte that a host has for all its numbers.
 */
const most = 16 * 1024 * 1024
/** Every other message of the number waits meanwhile: together well below the two minutes that handling one may take (arrivals.ts). */
const ofHistory: FileLimits = { most, limitMs: 60_000, tries: 3, pauseMs: 1_000 }
/** The number can send nothing meanwhile, and asks again later (appStateDebt.ts). */
const ofAppState: FileLimits = { most, limitMs: 30_000, tries: 2, pauseMs: 1_000 }
/** For the next ones, after one that did not come: what is in the way is in the way of them all, and the number's messages wait behind each. */
const afterOneWasLost = { limitMs: 20_000, tries: 1 }
/** Of all numbers. */
const readings = new Readings()
const blockBytes = 16
/** What follows the last block. */
const macBytes = 10

/** A file could not be had whole. Not a TypeError, as those of `fetch` are: the library takes these for faults of its own and tries nothing else. */
export class FileFault extends Error {
  constructor(readonly code: 'broken' | 'busy' | 'late' | 'not_served' | 'over' | 'too_large' | 'too_much', message: string, readonly mayPass = false) {
    super(message)
    this.name = 'FileFault'
  }
}

/**
 * Fetches files of the history and of the phone's settings and address book for the library, which knows no limit, no end and no second try for
 * them. It passes a download on as it comes, without listening for its failure: one that broke off would end the process, with all numbers
 * in it, and leave whoever waits for the rest of it waiting for ever. So it gets nothing before the file is whole, and a failure meets it where
 * it asks. It keeps the whole file in memory anyway.
 *
 * It is handed to the library as its way out, and known by that again: other downloads stay as they are.
 */
export class WholeFiles {
  readonly #running = new Set<AbortController>()
  readonly #over = new AbortController()
  /** Whether the last part of the history did not come for something that may stand in the way of the next one, too. */
  #isInTheWay = false

  /** @param lost Called for each file that could not be had and is no part of the history, also since the connection is over. */
  constructor(
    private readonly wayOut: Dispatcher,
    private readonly parts: Pick<HistoryParts, 'asked' | 'handed'>,
    private readonly lost: () => void,
    private readonly limits = { ofHistory, ofAppState },
    private readonly turns = readings,
  ) {}

  /** For the library, in place of `fetch`. */
  async fetch(url: string, get: typeof fetch): Promise<Response> {
    const part = this.parts.asked(url)
    try {
      // The path is the phone's own words: without a slash at its beginning it names another host.
      if (new URL(url).host !== DEF_MEDIA_HOST) {
        throw new FileFault('not_served', 'A file is not at the media servers.')
      }
      const chunks = await this.#tries(url, part, this.#limitsOf(part), get)
      if (part) {
        this.#isInTheWay = false
        await this.#takeTurn(part, chunks)
      }
      return new Response(inMemory(chunks))
    } catch (error) {
      if (part) {
        this.#isInTheWay = error instanceof FileFault && error.mayPass
        part.lose()
      } else {
        this.lost()
      }
      throw error
    }
  }

  /** The connection is over, and nobody waits for files any more. */
  end(): void {
    this.#over.abort()
    this.#running.forEach((giving) => giving.abort())
  }

  #limitsOf(part: Part | undefined): FileLimits {
    const { ofHistory, ofAppState } = this.limits
    return !part ? ofAppState : this.#isInTheWay ? { ...ofHistory, ...afterOneWasLost } : ofHistory
  }

  async #takeTurn(part: Part, chunks: Uint8Array[]): Promise<void> {
    const { signal } = this.#over
    const leave = await this.turns.enter(chunks.reduce((bytes, { length }) => bytes + length, 0), signal)
    if (signal.aborted) {
      leave?.()
      throw over()
    }
    if (!leave) {
      throw new FileFault('busy', 'Too much of the history of other numbers is read at this moment.')
    }
    this.parts.handed(part, leave)
  }

  async #tries(url: string, part: Part | undefined, { most, limitMs, tries, pauseMs }: FileLimits, get: typeof fetch): Promise<Uint8Array[]> {
    const giving = new AbortController()
    const late = setTimeout(() => giving.abort(), limitMs)
    this.#running.add(giving)
    try {
      for (let left = tries - 1; ; left--) {
        try {
          this.#require(giving.signal)
          return await this.#once(url, part, most, giving.signal, get)
        } catch (error) {
          this.#require(giving.signal)
          const fault = error instanceof FileFault ? error : new FileFault('broken', `A download broke off: ${whyOf(error)}.`, true)
          if (!fault.mayPass || left <= 0) {
            throw fault
          }
        }
        await pause(pauseMs, undefined, { signal: giving.signal }).catch(() => undefined)
      }
    } finally {
      clearTimeout(late)
      this.#running.delete(giving)
    }
  }

  #require(signal: AbortSignal): void {
    if (this.#over.signal.aborted) {
      throw over()
    }
    if (signal.aborted) {
      throw new FileFault('late', 'A download took too long.', true)
    }
  }

  async #once(url: string, part: Part | undefined, most: number, signal: AbortSignal, get: typeof fetch): Promise<Uint8Array[]> {
    const response = await get(url, { dispatcher: this.wayOut, headers: { Origin: DEFAULT_ORIGIN }, redirect: 'manual', signal } as RequestInit)
    const { status, ok, body } = response
    if (!ok || !body || Number(response.headers.get('content-length') ?? 0) > most) {
      await body?.cancel()
      throw ok && body ? tooLarge() : new FileFault('not_served', `A file is not served: ${status}.`, status === 408 || status === 429 || status >= 500 || ok)
    }
    const hash = createHash('sha256')
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > most) {
        throw tooLarge()
      }
      hash.update(chunk)
      chunks.push(chunk)
    }
    const sha256 = part?.what.fileEncSha256
    if (bytes < blockBytes + macBytes || (bytes - macBytes) % blockBytes !== 0 || (sha256?.length && !hash.digest().equals(sha256))) {
      throw new FileFault('broken', 'A file is not whole.', true)
    }
    return chunks
  }
}

/** Has the library's downloads made by the {@link WholeFiles} that it was handed as its way out. */
export function fetchWholeFiles(): void {
  const { fetch } = globalThis
  globalThis.fetch = (input, init) => {
    const wayOut: unknown = (init as { dispatcher?: unknown } | undefined)?.dispatcher
    return wayOut instanceof WholeFiles ? wayOut.fetch(String(input), fetch) : fetch(input, init)
  }
}

/** Piece by piece, so that deciphering it does not keep everything else waiting. */
function inMemory(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  const rest = chunks.values()
  return new ReadableStream({
    pull(reading) {
      const { value } = rest.next()
      if (value) {
        reading.enqueue(value)
      } else {
        reading.close()
      }
    },
  })
}

function over(): FileFault {
  return new FileFault('over', 'The connection is over.')
}

function tooLarge(): FileFault {
  return new FileFault('too_large', 'A file is too large.')
}

function whyOf(error: unknown): string {
  const { cause, code, name } = error as { cause?: { code?: unknown }; code?: unknown; name?: unknown }
  return String(cause?.code ?? code ?? name)
}
