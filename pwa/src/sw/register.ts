import type { Updates } from './updates'

const checkEvery = 60 * 60 * 1000 // ms

/**
 * Registers the service worker and offers its new versions to `updates`. Without service workers (insecure origin, some
 * in-app browsers) it does nothing: everything but the cold start without network works all the same.
 */
export async function registerServiceWorker(updates: Updates): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const container = navigator.serviceWorker
  // The first version ever takes over nothing, so it must not reload what a person is doing.
  const controlled = container.controller !== null
  container.addEventListener('controllerchange', () => {
    if (controlled) void updates.reloadWhenSafe()
  })
  try {
    const registration = await container.register('/sw.js', { scope: '/', updateViaCache: 'none' })
    watch(registration, updates)
  } catch {
    // Blocked by policy or a full disk. The app still works; only the cold start offline is lost.
    return
  }
}

function watch(registration: ServiceWorkerRegistration, updates: Updates): void {
  const offer = (): void => {
    const waiting = registration.waiting
    if (waiting !== null && registration.active !== null) {
      updates.offer(() => {
        // A tab that no worker controls yet gets no `controllerchange`; it must move on too.
        waiting.addEventListener('statechange', () => {
          if (waiting.state === 'activated') void updates.reloadWhenSafe()
        })
        waiting.postMessage({ type: 'SKIP_WAITING' })
      })
    }
  }
  offer()
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', offer)
  })
  const check = (): void => {
    // Offline this rejects; the next hour or the next look at the app asks again.
    registration.update().catch(() => undefined)
  }
  setInterval(check, checkEvery)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') check()
  })
}
