import { createRouter, createWebHistory, type Router, type RouteRecordRaw } from 'vue-router'

// Every route on this one screen; pages are lazy, and `importAllRoutes` fetches them at idle.
const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: () => import('@/features/home/HomePage.vue') },
  { path: '/:rest(.*)*', name: 'lost', redirect: { name: 'home' } },
]

// The gallery of ui parts is in no production bundle: the condition is a constant there.
if (import.meta.env.MODE !== 'production') {
  routes.unshift({ path: '/__gallery', name: 'gallery', component: () => import('@/ui/gallery/GalleryPage.vue') })
}

/** A router over the address bar. Going back returns to where the page was scrolled. */
export function createAppRouter(): Router {
  return createRouter({
    history: createWebHistory(),
    routes,
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
}

const isLazy = (page: unknown): page is () => Promise<unknown> => typeof page === 'function'

/** Fetches the pages not seen yet while the phone has nothing else to do, so that an update or a dead network later finds them here. */
export function importAllRoutes(router: Router): void {
  const load = (): void => {
    for (const { components } of router.getRoutes()) {
      const page: unknown = components?.['default']
      // A page that cannot be fetched now is fetched when it is opened.
      if (isLazy(page)) page().catch(() => undefined)
    }
  }
  if ('requestIdleCallback' in window) window.requestIdleCallback(load, { timeout: 10_000 })
  else setTimeout(load, 2_000)
}
