import { createApp } from 'vue'
import App from '@/App.vue'
import { session } from '@/auth/useSession'
import { noteUnwritten } from '@/db/unwritten'
import { loadLanguage } from '@/i18n/i18n'
import { createAppRouter, importAllRoutes } from '@/router'
import { watchInstall } from '@/sw/install'
import { registerServiceWorker } from '@/sw/register'
import { updates } from '@/sw/useUpdate'
import { preferences } from '@/ui/preferences'
import '@/theme/theme.css'

/** Applies the stored preferences before anything is drawn, opens the last person's records, then starts the app. */
async function start(): Promise<void> {
  watchInstall(window)
  preferences.apply(document.documentElement)
  const { language } = preferences.state.value
  // Chinese is there: the words of the first page are in the main bundle.
  await Promise.all([language !== 'zh-CN' && loadLanguage(language), session.start()])
  const router = createAppRouter()
  const app = createApp(App)
  // A tap that could not be written is told on the page (`App.vue`).
  app.config.errorHandler = (cause) => { if (!noteUnwritten(cause)) reportError(cause) }
  window.addEventListener('unhandledrejection', (event) => { if (noteUnwritten(event.reason)) event.preventDefault() })
  app.use(router).mount('#app')
  send()
  updates.watchChunkErrors(window)
  importAllRoutes(router)
  void registerServiceWorker(updates)
}

/** Begins to send. Where its code cannot be fetched there is no network to send by, so it is fetched when there is one. */
function send(): void {
  import('@/sync/start').then(
    ({ startSync }) => { startSync(() => import('@/photo/upload')) },
    () => { window.addEventListener('online', send, { once: true }) },
  )
}

void start()
