/**
 * Sending, as screens see it. `main.ts` calls `startSync(() => import('@/photo/upload'))` once; everything else is
 *
 *   const { status, counts, items, syncNow, retry, exportUnsent } = useSync()
 *
 * `counts` are the three numbers (本机 · 传送中 · 已确认), `items` the queue page's rows, `status` what the loop is doing.
 */
import { computed, type ComputedRef, effectScope, shallowRef, watch } from 'vue'
import { session, useSession } from '@/auth/useSession'
import { randomToken, systemClock } from '@/db/clock'
import type { UserDatabase } from '@/db/schema'
import { useLive } from '@/db/useLive'
import { watchSaves } from '@/db/watch'
import type { DocID } from '@/wire/generated'
import type { Exported } from './export'
import { createLoop, type Loop, type SyncStatus, type Uploader } from './loop'
import { type Counts, loadStatus, noCounts, type QueueItem, retryItem } from './status'
import { createTransport } from './transport'

/** What photo/upload.ts gives the loop. */
export interface UploadModule { createUploader(host: { db: UserDatabase, session: typeof session, now: () => number }): Uploader }

/** Something that might have been missed happens at least this often while the app is looked at, ms. */
const tick = 60_000

const loop = shallowRef<Loop>()

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

export interface UseSyncReturn {
  readonly status: ComputedRef<SyncStatus>
  readonly counts: ComputedRef<Counts>
  readonly items: ComputedRef<readonly QueueItem[]>
  /** Sends now, whatever the loop was waiting for. Resolves when it rests again; `status` tells how it went. */
  readonly syncNow: () => Promise<void>
  /** Tries an item again that waits or needs attention: its photos, or its parked text. */
  readonly retry: (visit: DocID) => Promise<void>
  /** Everything that is only on this phone, as one file to save or share. */
  readonly exportUnsent: () => Promise<Exported>
}

export function useSync(): UseSyncReturn {
  const { db } = useSession()
  const found = useLive(
    async () => (db.value === undefined ? { counts: noCounts, items: [] } : await loadStatus(db.value)),
    { counts: noCounts, items: [] },
    { sources: [db] },
  )
  return {
    status: computed(() => loop.value?.status.value ?? { at: 'idle' }),
    counts: computed(() => found.value.counts),
    items: computed(() => found.value.items),
    async syncNow() {
      await loop.value?.kick('resume')
    },
    async retry(visit) {
      if (db.value === undefined) return
      await retryItem(db.value, visit)
      await loop.value?.kick('resume')
    },
    async exportUnsent() {
      if (db.value === undefined) throw new Error('nobody is signed in')
      return await (await import('./export')).exportUnsent(db.value)
    },
  }
}
