// libsignal prints private keys to the console in normal operation. Imported before anything that imports it.
for (const method of ['debug', 'error', 'info', 'log', 'trace', 'warn']) {
  console[method] = () => {}
}
