import { syncBuiltinESMExports } from 'node:module'
import zlib from 'node:zlib'
import { FileFault } from './wholeFiles.js'

/** In bytes. The largest part of the history that is fetched (wholeFiles.ts) was measured to have 41 MiB in it. */
const mostInflated = 64 * 1024 * 1024

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

function upTo(most: number, inflate: zlib.Inflate): zlib.Inflate {
  const { push } = inflate
  let bytes = 0
  inflate.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    bytes += chunk?.length ?? 0
    if (bytes > most) {
      inflate.destroy(new FileFault('too_large', 'What is in a file is too large.'))
      return false
    }
    return push.call(inflate, chunk, encoding)
  }
  return inflate
}
