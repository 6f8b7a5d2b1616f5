import { computed, type ComputedRef } from 'vue'
import { useSession } from '@/auth/useSession'
import { readPreference, writePreference } from '@/db/meta'
import { useLive } from '@/db/useLive'
import type { DocID } from '@/wire/generated'
import { docID } from '@/wire/guards'

/** The places this person has starred, in the order starred. */
export function useFavourites(): { readonly favourites: ComputedRef<readonly DocID[]>, readonly toggle: (place: DocID) => Promise<void> } {
  const { db } = useSession()
  const found = useLive<readonly DocID[]>(async () => (db.value === undefined ? [] : asIDs(await readPreference(db.value, 'favouritePlaces'))), [], { sources: [db] })
  return {
    favourites: computed(() => found.value),
    async toggle(place) {
      if (db.value === undefined) return
      const now = found.value.includes(place) ? found.value.filter(each => each !== place) : [...found.value, place]
      await writePreference(db.value, 'favouritePlaces', now)
    },
  }
}

function asIDs(stored: unknown): readonly DocID[] {
  return Array.isArray(stored) ? stored.filter(each => typeof each === 'string').map(docID) : []
}
