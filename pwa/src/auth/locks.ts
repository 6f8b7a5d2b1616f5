/** The browser's locks across tabs; undefined where there are none (old web views). */
export function webLocks(): LockManager | undefined {
  return typeof navigator === 'object' && 'locks' in navigator ? navigator.locks : undefined
}

/** Runs `work` while no other tab of this app runs work under the same name; without Web Locks it just runs. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = webLocks()
  return locks === undefined ? await work() : await locks.request(name, async () => await work())
}
