// Loaded before a host that checks the server's certificate: node --import file:///…/trust-preload.mjs?rootKey=…&media=… host.js
// The host then trusts the emulator instead of WhatsApp, and fetches media from it. A product never loads this file. What it
// needs stands in its address, because a host is started with nothing of its parent's environment but NODE_OPTIONS.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const { rootKey, media: mediaHost } = Object.fromEntries(new URL(import.meta.url).searchParams)

if (!/^[0-9a-f]{64}$/.test(rootKey ?? '')) throw new Error('rootKey: 64 hex digits, as control.mjs prints them')

// What a host does before it loads the library has to come before this loads it, and in the same order.
const preparations = [['./sharedContext.js', 'shareContext'], ['./whatsapp/curves.js', 'useFastCurves'], ['./whatsapp/signalQueues.js', 'separateQueues']]
for (const [file, prepare] of preparations) {
  const url = new URL(file, pathToFileURL(process.argv[1]))
  if (existsSync(url)) (await import(url.href))[prepare]()
}

// The copy that the host itself will import, and no other: a second copy has a key of its own.
const library = createRequire(process.argv[1]).resolve('baileys')
const { WA_CERT_DETAILS } = await import(pathToFileURL(library).href)
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, 'hex')

if (mediaHost) {
  const original = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.hostname !== 'mmg.whatsapp.net') return original(input, init)
    url.host = mediaHost
    return original(input instanceof Request ? new Request(url, input) : url, init)
  }
}
