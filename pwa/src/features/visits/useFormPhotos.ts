import { computed, type ComputedRef } from 'vue'
import { addPhoto, dropPhoto, readPhotoBytes, replacePhoto, type TakenPhoto } from '@/db/drafts'
import { newID } from '@/db/id'
import { appendPhotos } from '@/db/save'
import type { PhotoWithThumb } from '@/db/photos'
import { formatDay, formatTime } from '@/i18n/dates'
import { t } from '@/i18n/i18n'
import type { Stroke } from '@/photo/mosaic'
import type { PhotoSource, ShrunkPhoto } from '@/photo/photo'
import { type PhotoTaker, usePhoto } from '@/photo/usePhoto'
import { useDraftPhotos } from '@/sync/useVisits'
import type { PhotoView } from '@/sync/visits'
import type { DocID } from '@/wire/generated'
import { photoHash } from '@/wire/guards'
import type { VisitFormKeeper } from './useVisitForm'

export interface FormPhotos extends Pick<PhotoTaker, 'work' | 'problems' | 'take' | 'dismiss' | 'cancel'> {
  /** Those in the form, in the order taken. */
  readonly added: ComputedRef<readonly PhotoWithThumb[]>
  /** Those of the saved visit that stay with it. */
  readonly former: ComputedRef<readonly PhotoView[]>
  readonly taken: ComputedRef<number>
  readonly remove: (photo: DocID) => Promise<void>
  /** The bytes to draw the mosaic on; undefined if they are gone. */
  readonly bytes: (photo: DocID) => Promise<ArrayBuffer | undefined>
  /** Covers areas of a photo for good. */
  readonly cover: (photo: DocID, bytes: ArrayBuffer, strokes: readonly Stroke[]) => Promise<void>
  /** Waits until all areas are covered. False, once, if some could not be: no face leaves the phone that somebody meant to cover. */
  readonly covered: () => Promise<boolean>
}

/** The photos of the form `keeper` keeps under `id`. */
export function useFormPhotos(id: DocID, keeper: VisitFormKeeper): FormPhotos {
  const { photos: added } = useDraftPhotos(id)
  const former = computed(() => {
    const gone = keeper.form.value?.removedPhotos ?? []
    return (keeper.original.value?.photos ?? []).filter(photo => !gone.includes(photo.id))
  })
  const taken = computed(() => added.value.length + former.value.length)

  const taker = usePhoto({
    taken: () => taken.value,
    save: ({ source, ...photo }) => keeper.inTurn(async (db, isSaved) => {
      const wanted = asTaken(photo, source)
      const isNew = await addPhoto(db, id, wanted)
      // Ready only after 保存: it follows by itself.
      if (isNew && isSaved) await appendPhotos(db, id, keeper.base(), [wanted.manifest.id])
      return isNew
    }),
    watermark: () => {
      const form = keeper.form.value
      if (form?.watermark !== true) return []
      const now = new Date().toISOString()
      return [form.where?.name ?? '', t('photo.watermark.time', { time: `${formatDay(now)} ${formatTime(now)}` })]
    },
  })

  let covering: Promise<boolean> = Promise.resolve(true)

  /** A photo of the saved visit goes with the correction. */
  function takeOut(photo: DocID): void {
    keeper.change({ removedPhotos: [...keeper.form.value?.removedPhotos ?? [], photo] })
  }

  return {
    work: taker.work, problems: taker.problems, take: taker.take, dismiss: taker.dismiss, cancel: taker.cancel,
    added, former, taken,
    async remove(photo) {
      if (added.value.some(row => row.id === photo)) await keeper.inTurn(db => dropPhoto(db, photo))
      else takeOut(photo)
    },
    bytes: photo => keeper.inTurn(db => readPhotoBytes(db, photo)),
    async cover(photo, bytes, strokes) {
      const isNew = added.value.some(each => each.id === photo)
      const manifest = [...added.value, ...former.value].find(each => each.id === photo)?.manifest
      if (manifest === undefined) return
      const { takenAt, source } = manifest
      const done = taker.mosaic(bytes, strokes, async (covered) => {
        const taken = asTaken({ ...covered, ...(takenAt !== '' && { takenAt }) }, source)
        if (isNew) await keeper.inTurn(db => replacePhoto(db, photo, taken))
        else if (await keeper.inTurn(db => addPhoto(db, id, taken))) takeOut(photo)
      })
      covering = Promise.all([covering, done]).then(all => all.every(Boolean))
      await done
    },
    covered() {
      const all = covering
      covering = Promise.resolve(true)
      return all
    },
  }
}

function asTaken({ bytes, thumb, width, height, sha256, takenAt = '' }: ShrunkPhoto, source: PhotoSource): TakenPhoto {
  return { bytes, thumb, manifest: { id: newID(), sha256: photoHash(sha256), bytes: bytes.byteLength, width, height, takenAt, source } }
}
