/**
 * What may leave the process as a log: never a key, a text, a name, or more than the last four digits of an address.
 * Libraries put all of these into their messages, so everything that could be one is taken out.
 */
export function redact(message: string): string {
  return message
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replace(/[A-Za-z0-9+/_=-]{20,}/g, '…')
    .replace(/\d{5,}/g, (digits) => `…${digits.slice(-4)}`)
    .slice(0, 300)
}

/** What is safe to say about a fault: its kind, its code, and where it happened. */
export function describeFault(fault: unknown): Record<string, unknown> {
  if (!(fault instanceof Error)) {
    return { fault: typeof fault }
  }
  const { code, output } = fault as { code?: unknown; output?: { statusCode?: unknown } }
  return {
    fault: fault.name,
    message: redact(fault.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof output?.statusCode === 'number' ? { status: output.statusCode } : {}),
    at: frames(fault.stack),
  }
}

// Function and file, without the folders of the machine.
function frames(stack: string | undefined): string[] {
  return (stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .map((line) => line.trim().replace(/(?:file:\/\/)?\/[^\s()]*\//g, ''))
}
