/** Waits for work, but no longer than this. Work that is late goes on alone. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Does not settle. A new one for each who waits: one for all would keep whatever ever waited for it, as long as the process lives. */
export function never(): Promise<never> {
  return new Promise<never>(() => undefined)
}
