import type { EventEmitter } from 'node:events'
import type { BaileysEventEmitter, BaileysEventMap } from 'baileys'

type Listener = (...args: unknown[]) => unknown

/** Has `around` called in place of each listener that the emitter has by now; it calls that one, or not yet, or not at all. */
export function aroundListeners(emitter: EventEmitter, around: (event: string, args: unknown[], call: () => unknown) => void): void {
  for (const event of emitter.eventNames()) {
    const listeners = emitter.listeners(event) as Listener[]
    emitter.removeAllListeners(event)
    for (const listener of listeners) {
      emitter.on(event, (...args: unknown[]) => around(String(event), args, () => listener.apply(emitter, args)))
    }
  }
}

/** Has `heard` called when the library comes to tell this, before those who listen hear of it: it keeps what it tells together for a while. */
export function whenTold<E extends keyof BaileysEventMap>(ev: Pick<BaileysEventEmitter, 'emit'>, event: E, heard: (data: BaileysEventMap[E]) => void): void {
  const emit = ev.emit.bind(ev)
  ev.emit = (told, data) => {
    if (String(told) === event) {
      heard(data as unknown as BaileysEventMap[E])
    }
    return emit(told, data)
  }
}

/**
 * What the library does for these has to succeed, or the connection is of no use: after a frame that could not be read
 * nothing can be, a log-in that nobody answered stays without messages, and a linking without a code.
 */
const essential = new Set(['open', 'message', 'CB:success', 'CB:ib,,offline_preview', 'CB:iq,type:set,pair-device'])

export function isEssential(event: string): boolean {
  return essential.has(event)
}
