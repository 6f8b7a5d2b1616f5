/** latest: nothing newer · ready: a newer version is here or on its way · offline: nobody knows · none: no service worker, so every opening is the newest. */
export type UpdateCheck = 'latest' | 'ready' | 'offline' | 'none'

/** Asks the server for a newer version now. `updateReady` of `useUpdate` turns true when it is downloaded. */
export async function checkForUpdate(): Promise<UpdateCheck> {
  if (!('serviceWorker' in navigator)) return 'none'
  const registration = await navigator.serviceWorker.getRegistration('/')
  if (registration === undefined) return 'none'
  try {
    await registration.update()
  } catch {
    return 'offline' // no network, or the server gave something that is no worker of ours
  }
  return registration.installing !== null || registration.waiting !== null ? 'ready' : 'latest'
}
