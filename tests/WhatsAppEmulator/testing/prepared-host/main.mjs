// A host of which only the preparations matter: prints those that were made before it ran.
process.stdout.write(JSON.stringify(globalThis.prepared ?? []))
