/**
 * Forms that were not saved yet, and their photos. Nothing here ever leaves the phone.
 *
 * `newID()` makes the id of the visit-to-be when the form opens; `putDraft` writes the form on every change (debounce in the
 * form, and at once on `pagehide` and before the camera opens); `addPhoto` stores a shrunk photo with its bytes in one
 * transaction, only then may the screen show it as taken; `dropDraft` is 放弃.
 */
import type { DocID, Photo } from '@/wire/generated'
import { MaxPhotos } from '@/wire/generated'
import { durable } from './durable'
import { erasePhotos } from './photos'
import type { DraftRow, UserDatabase } from './schema'
import { wireTime } from './time'

/** A photo as the darkroom hands it out, with the id and source the form gives it. `manifest.sha256` is of `bytes`. */
export interface TakenPhoto { readonly manifest: Photo, readonly bytes: ArrayBuffer, readonly thumb: ArrayBuffer }

/** Writes the form as it is now; `base` is 0 for a new visit, else the revision that is being corrected. Rejects with `StorageError`. */
export async function putDraft(db: UserDatabase, id: DocID, base: number, form: unknown, now: number = Date.now()): Promise<void> {
  await durable(db, () => db.transaction('rw', [db.drafts, db.outbox, db.sent, db.documents], async () => {
    const draft = await db.drafts.get(id)
    // A late autosave must not bring back the draft of a visit that was saved meanwhile.
    if (draft === undefined && base === 0 && await isSaved(db, id)) return
    await db.drafts.put({ id, base, form, createdAt: draft?.createdAt ?? now, updatedAt: now })
  }))
}

export async function readDraft(db: UserDatabase, id: DocID): Promise<DraftRow | undefined> {
  return await durable(db, () => db.drafts.get(id))
}

/** Throws a form away, with the photos taken in it. */
export async function dropDraft(db: UserDatabase, id: DocID): Promise<void> {
  await durable(db, () => db.transaction('rw', [db.drafts, db.photos, db.thumbs, db.photoBytes], async () => {
    const photos = await db.photos.where('doc').equals(id).filter(photo => photo.state === 'draft').primaryKeys()
    await erasePhotos(db, photos)
    await db.drafts.delete(id)
  }))
}

/**
 * Stores a photo of a form, meta and bytes in one transaction. Returns false, and stores nothing, if the form already has
 * `MaxPhotos` photos or this very picture. Rejects with `StorageError`: `full` means the form is untouched.
 */
export async function addPhoto(db: UserDatabase, doc: DocID, photo: TakenPhoto, now: number = Date.now()): Promise<boolean> {
  return await durable(db, () => db.transaction('rw', [db.photos, db.thumbs, db.photoBytes], async () => {
    const there = await db.photos.where('doc').equals(doc).toArray()
    if (there.length >= MaxPhotos || there.some(row => row.manifest.sha256 === photo.manifest.sha256)) return false
    await db.photoBytes.add({ id: photo.manifest.id, data: photo.bytes })
    await db.thumbs.add({ id: photo.manifest.id, data: photo.thumb })
    await db.photos.add({
      id: photo.manifest.id, doc, manifest: inWireForm(photo.manifest), state: 'draft', seq: 0, addedAt: now,
      url: '', offset: 0, attempts: 0, notBefore: 0, code: '',
    })
    return true
  }))
}

/** Puts new bytes in the place of a photo of a form, after the mosaic brush: a new id and manifest, at the old place in the order. */
export async function replacePhoto(db: UserDatabase, old: DocID, photo: TakenPhoto): Promise<void> {
  await durable(db, () => db.transaction('rw', [db.photos, db.thumbs, db.photoBytes], async () => {
    const row = await db.photos.get(old)
    if (row?.state !== 'draft') return
    await erasePhotos(db, [old])
    await db.photoBytes.put({ id: photo.manifest.id, data: photo.bytes })
    await db.thumbs.put({ id: photo.manifest.id, data: photo.thumb })
    await db.photos.put({ ...row, id: photo.manifest.id, manifest: inWireForm(photo.manifest) })
  }))
}

/** Takes a photo out of a form. A photo that a saved visit names is not touched: that is `saveEdit` with `removePhotos`. */
export async function dropPhoto(db: UserDatabase, id: DocID): Promise<void> {
  await durable(db, () => db.transaction('rw', [db.photos, db.thumbs, db.photoBytes], async () => {
    const row = await db.photos.get(id)
    if (row?.state !== 'draft') return
    await erasePhotos(db, [id])
  }))
}

/** The bytes of one photo, while this phone still has them. Read one at a time. */
export async function readPhotoBytes(db: UserDatabase, id: DocID): Promise<ArrayBuffer | undefined> {
  return (await durable(db, () => db.photoBytes.get(id)))?.data
}

function inWireForm(manifest: Photo): Photo {
  return { ...manifest, takenAt: manifest.takenAt === '' ? '' : wireTime(manifest.takenAt) }
}

async function isSaved(db: UserDatabase, id: DocID): Promise<boolean> {
  return await db.documents.get(id) !== undefined
    || await db.outbox.where('doc').equals(id).count() > 0
    || await db.sent.where('doc').equals(id).count() > 0
}
