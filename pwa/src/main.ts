import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from '@/App.vue'
import { loadLanguage } from '@/i18n/i18n'
import { createAppRouter, importAllRoutes } from '@/router'
import { registerServiceWorker } from '@/sw/register'
import { updates } from '@/sw/useUpdate'
import { preferences } from '@/ui/preferences'
import '@/theme/theme.css'

/** Applies the stored preferences before anything is drawn, then starts the app. */
async function start(): Promise<void> {
  preferences.apply(document.documentElement)
  document.documentElement.dataset['version'] = __APP_VERSION__
  await loadLanguage(preferences.state.value.language)
  const router = createAppRouter()
  createApp(App).use(createPinia()).use(router).mount('#app')
  updates.watchChunkErrors(window)
  importAllRoutes(router)
  void registerServiceWorker(updates)
}

void start()
