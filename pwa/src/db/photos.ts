import type { DocID } from '@/wire/generated'
import type { PhotoRow, UserDatabase } from './schema'

/** A photo row with the phone's own small picture of it. */
export interface PhotoWithThumb extends PhotoRow { readonly thumb: ArrayBuffer }

/** Removes photos from this phone altogether. Inside a transaction over `photos`, `thumbs` and `photoBytes`. */
export async function erasePhotos(db: UserDatabase, ids: readonly DocID[]): Promise<void> {
  await db.photos.bulkDelete([...ids])
  await db.thumbs.bulkDelete([...ids])
  await db.photoBytes.bulkDelete([...ids])
}

/** The small pictures (JPEG, at most 15 KB each) of these photos, where this phone has them. */
export async function thumbsOf(db: UserDatabase, ids: readonly DocID[]): Promise<ReadonlyMap<DocID, ArrayBuffer>> {
  const thumbs = new Map<DocID, ArrayBuffer>()
  for (const row of await db.thumbs.bulkGet([...ids])) if (row !== undefined) thumbs.set(row.id, row.data)
  return thumbs
}

/** Says whether the server keeps the mutation that names this photo for a person to decide: then it may yet name it. */
export async function isHeld(db: UserDatabase, { doc, seq }: PhotoRow): Promise<boolean> {
  return await db.sent.where('doc').equals(doc).filter(row => row.seq === seq && row.outcome === 'held').count() > 0
}

/** The photos of a form with their small pictures, in the order they were taken. */
export async function draftPhotosOf(db: UserDatabase, doc: DocID): Promise<PhotoWithThumb[]> {
  return await db.transaction('r', [db.photos, db.thumbs], async () => {
    const rows = await db.photos.where('doc').equals(doc).filter(photo => photo.state === 'draft').sortBy('addedAt')
    const thumbs = await thumbsOf(db, rows.map(row => row.id))
    return rows.map(row => ({ ...row, thumb: thumbs.get(row.id) ?? new ArrayBuffer() }))
  })
}
