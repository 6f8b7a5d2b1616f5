import { readonly, shallowRef, type ShallowRef, watch } from 'vue'
import { useSession } from '@/auth/useSession'
import { readPreference, writePreference } from '@/db/meta'
import { localDay, mondayOf } from '@/db/time'

/** Whether the line about photographing people is due: once a week at most. Asking shows it for this week. */
export function usePhotoHint(): Readonly<ShallowRef<boolean>> {
  const { db } = useSession()
  const monday = mondayOf(localDay(Date.now()))
  const due = shallowRef(false)
  watch(db, async (database) => {
    if (database === undefined || due.value || await readPreference(database, 'photoHint') === monday) return
    due.value = true
    await writePreference(database, 'photoHint', monday)
  }, { immediate: true })
  return readonly(due)
}
