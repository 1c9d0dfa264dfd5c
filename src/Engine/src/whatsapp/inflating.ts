import { syncBuiltinESMExports } from 'node:module'
import zlib, { inflateSync } from 'node:zlib'
import { FileFault } from './wholeFiles.js'

/** In bytes. The largest part of the history that is fetched (wholeFiles.ts) was measured to have 41 MiB in it. */
const mostInflated = 64 * 1024 * 1024
/** In bytes. What phones tell of their history inside a message is a few kilobytes. */
const mostInlineInflated = 16 * 1024 * 1024

let isDone = false

/**
 * Bounds what a stream inflates to. The library inflates a part of the history whatever comes out of it, and keeps all of it: a file of a
 * few megabytes can be made to fill any memory.
 */
export function boundInflating(most = mostInflated): void {
  if (isDone) {
    return
  }
  isDone = true
  const { createInflate } = zlib
  const bounded = (options?: zlib.ZlibOptions) => upTo(most, createInflate(options))
  Object.defineProperty(zlib, 'createInflate', { value: bounded, configurable: true, enumerable: true })
  syncBuiltinESMExports()
}

/** Whether history that came inside its message has no more in it than may be: the library inflates it without a bound. */
export function isInflatable(inline: Uint8Array): boolean {
  try {
    inflateSync(inline, { maxOutputLength: mostInlineInflated })
    return true
  } catch {
    return false
  }
}

function upTo(most: number, inflate: zlib.Inflate): zlib.Inflate {
  const { push } = inflate
  let bytes = 0
  inflate.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    bytes += chunk?.length ?? 0
    if (bytes > most) {
      inflate.destroy(new FileFault('too_much', 'What is in a file is too large.'))
      return false
    }
    return push.call(inflate, chunk, encoding)
  }
  return inflate
}
