/// <reference lib="webworker" />
// The service worker keeps the shell of the app so that it opens without a network. It never touches IndexedDB and
// never keeps an answer of the API: the page is the only writer of what people recorded.
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'

declare const self: ServiceWorkerGlobalScope & {
  /** Filled in by the build: one entry per file of the shell. */
  readonly __WB_MANIFEST: { url: string; revision: string | null }[]
}

precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()

// Every address of the app is the same page; what the server answers itself is not ours.
registerRoute(new NavigationRoute(createHandlerBoundToURL('index.html'), { denylist: [/^\/api(\/|$)/, /^\/\.well-known\//, /^\/(healthz|readyz)$/] }))

// A new version waits until a person accepts it (`useUpdate`).
self.addEventListener('message', (event) => {
  const message: unknown = event.data
  if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'SKIP_WAITING') {
    void self.skipWaiting()
  }
})
