import { useSession } from '@/auth/useSession'
import { addPhoto, putDraft, readPhotoBytes } from '@/db/drafts'
import { newID } from '@/db/id'
import { dismiss } from '@/db/save'
import type { VisitView } from '@/sync/visits'
import type { DocID } from '@/wire/generated'
import { formOf } from './form'

export interface RecordDeeds {
  /** Takes one answered change off the list. */
  readonly accept: (seq: number) => Promise<void>
  /** Makes a new draft of a visit the server would not take, with the photos this phone has, and lets go of the old one. Resolves with its id. */
  readonly copy: (seq: number) => Promise<DocID | undefined>
}

/** What can be done about a visit whose change took no effect. */
export function useRecord(view: () => VisitView): RecordDeeds {
  const { db, user } = useSession()
  return {
    async accept(seq) {
      if (db.value !== undefined) await dismiss(db.value, view().id, seq)
    },
    async copy(seq) {
      const database = db.value
      if (database === undefined || user.value === undefined) return undefined
      const old = view()
      const id = newID()
      await putDraft(database, id, 0, { ...formOf(old), seen: null })
      for (const { id: photo, manifest, thumb } of old.photos) {
        const bytes = await readPhotoBytes(database, photo)
        if (bytes === undefined || thumb === undefined) continue
        const { by: _by, removed: _removed, ...rest } = manifest
        await addPhoto(database, id, { manifest: { ...rest, id: newID() }, bytes, thumb })
      }
      await dismiss(database, old.id, seq)
      return id
    },
  }
}
