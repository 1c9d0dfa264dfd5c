import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Keeps what was prepared, and whether the library was loaded by then. */
export function noteTo(what) {
  const isLoaded = Object.keys(require.cache).some(path => path.includes('/libsignal/'))
  globalThis.prepared = [...globalThis.prepared ?? [], { what, isLoaded }]
}
