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
