import { watch } from 'vue'
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteLocationRaw, type Router, type RouteRecordRaw } from 'vue-router'
import type { SessionState } from '@/auth/session'
import { session } from '@/auth/useSession'
import HomePage from '@/features/home/HomePage.vue'
import { loadWords } from '@/i18n/i18n'

declare module 'vue-router' {
  interface RouteMeta {
    /** Open to people who are not signed in; has no tabs. */
    readonly guest?: true
    /** Only for administrators. */
    readonly office?: true
    /** A form or a camera: no tabs, no banners. */
    readonly focus?: true
  }
}

/** A page and the words it says; those of the first page are in the main bundle. */
function page<T>(load: () => Promise<T>): () => Promise<T> {
  return async () => (await Promise.all([load(), loadWords()]))[0]
}

// Every route on this one screen; all pages but the first are lazy, and `importAllRoutes` fetches them at idle.
const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: HomePage },

  { path: '/signin', name: 'signin', meta: { guest: true }, component: page(() => import('@/features/signin/SignInPage.vue')) },
  { path: '/setup', name: 'setup', meta: { guest: true }, component: page(() => import('@/features/signin/SetupPage.vue')) },
  { path: '/password', name: 'password', meta: { focus: true }, component: page(() => import('@/features/signin/PasswordPage.vue')) },

  { path: '/log/:id?', name: 'log', props: true, meta: { focus: true }, component: page(() => import('@/features/visits/LogPage.vue')) },
  { path: '/visits', name: 'visits', component: page(() => import('@/features/visits/VisitListPage.vue')) },
  { path: '/visits/:id', name: 'visit', props: true, component: page(() => import('@/features/visits/VisitPage.vue')) },
  { path: '/visits/:id/correct', name: 'correct', props: true, meta: { focus: true }, component: page(() => import('@/features/visits/CorrectPage.vue')) },
  { path: '/queue', name: 'queue', component: page(() => import('@/features/queue/QueuePage.vue')) },
  { path: '/me', name: 'me', component: page(() => import('@/features/settings/SettingsPage.vue')) },
  { path: '/suggestion', name: 'suggestion', component: page(() => import('@/features/suggestion/SuggestionPage.vue')) },
  { path: '/school', name: 'school', meta: { office: true }, component: page(() => import('@/features/admin/SchoolPage.vue')) },
  { path: '/school/import', name: 'import', meta: { office: true }, component: page(() => import('@/features/admin/ImportPage.vue')) },
  { path: '/school/accounts', name: 'accounts', meta: { office: true }, component: page(() => import('@/features/admin/AccountsPage.vue')) },
  { path: '/school/suggestions', name: 'suggestions', meta: { office: true }, component: page(() => import('@/features/admin/SuggestionsPage.vue')) },

  { path: '/:rest(.*)*', name: 'lost', redirect: { name: 'home' } },
]

// The gallery of ui parts is in no production bundle: the condition is a constant there.
if (import.meta.env.MODE !== 'production') {
  routes.unshift({ path: '/__gallery', name: 'gallery', meta: { guest: true }, component: page(() => import('@/ui/gallery/GalleryPage.vue')) })
}

/**
 * A router over the address bar. Going back returns to where the page was scrolled. Nobody signed in: only guest pages; a
 * password of one's own is due: only that page. An ended session leads nowhere, because capture goes on without one.
 */
export function createAppRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes,
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  router.beforeEach((to) => detour(session.state.value, to))
  // A sign-out in another tab, or the server asking for a new password, happens to the page that is open.
  watch(session.state, (state, before) => {
    const isSomebodyElse = state.at === 'signed_in' && before.at === 'signed_in' && state.user !== before.user
    // A page of the person before has nothing to show to the newcomer; the sign-in page goes on by itself.
    const away = isSomebodyElse && router.currentRoute.value.meta.guest !== true ? { name: 'home' } : detour(state, router.currentRoute.value)
    if (away !== undefined) void router.replace(away)
  })
  return router
}

/** Where somebody has to go instead of `to`; undefined if they may go there. */
function detour(state: SessionState, to: RouteLocationNormalized): RouteLocationRaw | undefined {
  switch (state.at) {
    case 'signed_out':
      return to.meta.guest === true ? undefined : { name: 'signin' }
    case 'signed_in':
      // The sign-in page asks for the new password itself, as its second step.
      if (state.access === 'password_due') return to.name === 'password' || to.name === 'signin' ? undefined : { name: 'password' }
      return to.meta.office === true && !state.session.admin ? { name: 'home' } : undefined
    case 'starting':
    case 'outdated':
    case 'no_storage':
      return undefined
  }
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
