/** Sends for whoever is signed in. In a chunk of its own: the first screen shows what is here, and does not wait for sending. */
import { effectScope, watch } from 'vue'
import { session } from '@/auth/useSession'
import { randomToken, systemClock } from '@/db/clock'
import type { UserDatabase } from '@/db/schema'
import { watchSaves } from '@/db/watch'
import { createLoop, type Uploader } from './loop'
import { createTransport } from './transport'
import { loop } from './useSync'

/** What photo/upload.ts gives the loop. */
export interface UploadModule { createUploader(host: { db: UserDatabase, session: typeof session, now: () => number }): Uploader }

/** Something that might have been missed happens at least this often while the app is looked at, ms. */
const tick = 60_000

/** Starts sending for whoever is signed in, now and after every change of person. Call once. */
export function startSync(upload: () => Promise<UploadModule>): void {
  const tab = randomToken(9)
  effectScope(true).run(() => {
    watch(() => (session.state.value.at === 'signed_in' ? session.state.value.db : undefined), (db, _before, onCleanup) => {
      if (db === undefined) return
      let uploader: Uploader | undefined
      const own = createLoop({
        db, session, exchange: createTransport(), clock: systemClock, random: Math.random, tab,
        uploader: async () => uploader ??= (await upload()).createUploader({ db, session, now: () => Date.now() }),
      })
      loop.value = own
      const stopWatching = watchSaves(db, () => { void own.kick('news') })
      void own.kick('news')
      onCleanup(() => {
        stopWatching()
        own.stop()
        loop.value = undefined
      })
    }, { immediate: true, flush: 'sync' })
    watch(() => session.state.value.at === 'signed_in' && session.state.value.access, (access) => {
      if (access === 'open') void loop.value?.kick('resume')
    })
  })
  const news = () => { void loop.value?.kick('news') }
  window.addEventListener('online', news)
  window.addEventListener('pageshow', news)
  window.addEventListener('focus', () => { void loop.value?.kick('tick') })
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') news() })
  setInterval(() => { if (document.visibilityState === 'visible') void loop.value?.kick('tick') }, tick)
}
