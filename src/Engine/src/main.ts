// Before anything else is loaded: the Signal library prints private keys to the console.
for (const name of Object.keys(console) as (keyof Console)[]) {
  if (typeof console[name] === 'function') {
    Object.assign(console, { [name]: () => undefined })
  }
}

const { shareContext } = await import('./sharedContext.js')
shareContext()

const { useFastCurves } = await import('./whatsapp/curves.js')
useFastCurves()

const { separateQueues } = await import('./whatsapp/signalQueues.js')
separateQueues()

const { sayUsedKeys } = await import('./whatsapp/usedKeys.js')
sayUsedKeys()

const { undoFailedAttempts } = await import('./whatsapp/attempts.js')
undoFailedAttempts()

const socketPath = process.env['LOOPWAVE_ENGINE_SOCKET']
const token = process.env['LOOPWAVE_ENGINE_TOKEN']
delete process.env['LOOPWAVE_ENGINE_TOKEN']
if (!socketPath || !token) {
  process.exit(64)
}

const { ownTemporaryFolder } = await import('./temporaryFolder.js')
ownTemporaryFolder()

const { isFatal } = await import('./faults.js')
const { runHost } = await import('./host.js')
const { engineName, whatsApp } = await import('./whatsapp/network.js')

await runHost({
  socketPath,
  token,
  engine: engineName,
  network: whatsApp,
  exit: (code) => process.exit(code),
  watchFaults: (report) => {
    process.on('uncaughtException', (error) => report(error, isFatal(error, 'uncaughtException')))
    process.on('unhandledRejection', (error) => report(error, isFatal(error, 'unhandledRejection')))
  },
})

// Only a module has top-level await.
export {}
