/**
 * Sending, as screens see it. `main.ts` starts it (`start.ts`, which is in no page's first chunk); everything else is
 *
 *   const { status, counts, items, syncNow, retry, exportUnsent } = useSync()
 *
 * `counts` are the three numbers (本机 · 传送中 · 已确认), `items` the queue page's rows, `status` what the loop is doing.
 */
import { computed, type ComputedRef, shallowRef } from 'vue'
import { useSession } from '@/auth/useSession'
import { useLive } from '@/db/useLive'
import type { DocID } from '@/wire/generated'
import type { Exported } from './export'
import type { Loop, SyncStatus } from './loop'
import { type Counts, loadStatus, noCounts, type QueueItem, retryItem } from './status'

/** The loop of whoever is signed in; `start.ts` keeps it. Undefined while nobody is, or before sending has begun. */
export const loop = shallowRef<Loop>()

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
