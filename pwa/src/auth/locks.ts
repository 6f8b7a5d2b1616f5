/** Runs `work` while no other tab of this app runs work under the same name; without Web Locks (old web views) it just runs. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!('locks' in navigator)) return await work()
  return await navigator.locks.request(name, async () => await work())
}
