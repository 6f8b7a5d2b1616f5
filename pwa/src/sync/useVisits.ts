/**
 * What pages read. All of it comes from the local database and changes by itself, whichever tab or answer changed it:
 *
 *   const { visits, loaded } = useVisits()            own list, newest first
 *   const { visit, loaded } = useVisit(() => id)      one visit with record state, photos and conflicts
 *   const { drafts } = useDrafts()                    forms to go on with
 *   const { reference } = useReference()              places, people, units, terms, current week
 */
import { computed, type ComputedRef, type MaybeRefOrGetter, toValue } from 'vue'
import { useSession } from '@/auth/useSession'
import { draftPhotosOf } from '@/db/photos'
import type { DraftRow } from '@/db/schema'
import { useLive } from '@/db/useLive'
import type { DocID } from '@/wire/generated'
import { loadReference, noReference, type Reference } from './reference'
import { type LoadOptions, loadVisit, loadVisits, type VisitView } from './visits'

export interface UseVisitsReturn { readonly visits: ComputedRef<readonly VisitView[]>, readonly loaded: ComputedRef<boolean> }

export function useVisits(options: MaybeRefOrGetter<Partial<LoadOptions>> = {}): UseVisitsReturn {
  const { db } = useSession()
  const found = useLive<readonly VisitView[] | undefined>(
    async () => (db.value === undefined ? undefined : await loadVisits(db.value, { limit: 200, whose: 'mine', ...toValue(options) })),
    undefined,
    { sources: [db, () => toValue(options)] },
  )
  return { visits: computed(() => found.value ?? []), loaded: computed(() => found.value !== undefined) }
}

export interface UseVisitReturn {
  /** Undefined while loading and for a visit this phone does not know; `loaded` tells which. */
  readonly visit: ComputedRef<VisitView | undefined>
  readonly loaded: ComputedRef<boolean>
}

export function useVisit(id: MaybeRefOrGetter<DocID>): UseVisitReturn {
  const { db } = useSession()
  const found = useLive<{ visit: VisitView | undefined } | undefined>(
    async () => (db.value === undefined ? undefined : { visit: await loadVisit(db.value, toValue(id)) }),
    undefined,
    { sources: [db, () => toValue(id)] },
  )
  return { visit: computed(() => found.value?.visit), loaded: computed(() => found.value !== undefined) }
}

/** The drafts, the one last worked on first. */
export function useDrafts(): { readonly drafts: ComputedRef<readonly DraftRow[]> } {
  const { db } = useSession()
  const found = useLive<readonly DraftRow[]>(
    async () => (db.value === undefined ? [] : await db.value.drafts.orderBy('updatedAt').reverse().toArray()),
    [],
    { sources: [db] },
  )
  return { drafts: computed(() => found.value) }
}

/** The photos of a form, in the order they were taken, with thumbnails. */
export function useDraftPhotos(id: MaybeRefOrGetter<DocID>) {
  const { db } = useSession()
  const found = useLive(
    async () => (db.value === undefined ? [] : await draftPhotosOf(db.value, toValue(id))),
    [],
    { sources: [db, () => toValue(id)] },
  )
  return { photos: computed(() => found.value) }
}

export function useReference(): { readonly reference: ComputedRef<Reference>, readonly loaded: ComputedRef<boolean> } {
  const { db } = useSession()
  const found = useLive<Reference | undefined>(
    async () => (db.value === undefined ? undefined : await loadReference(db.value)),
    undefined,
    { sources: [db] },
  )
  return { reference: computed(() => found.value ?? noReference), loaded: computed(() => found.value !== undefined) }
}
