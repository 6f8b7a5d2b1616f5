/**
 * Everything a person does to a document. Each function is one transaction: number, queue row, photos and draft change
 * together or not at all, no network, token or lock is waited for (I8), and what was answered is on the disk.
 *
 * A form works like this: `putDraft` on every change, `addPhoto` for each picture, then `saveVisit(db, draft.id, visit)`.
 * Calling `saveVisit` twice (a double tap, a reload in between) saves once. Corrections are `saveEdit`, verbs `command`.
 * All reject with `StorageError` and have then written nothing; the form stays as it is.
 */
import type { Change, Command, DocID, Mutation, Photo, UserID, VisitFields } from '@/wire/generated'
import { MaxMutationBytes, Schema } from '@/wire/generated'
import { asMutation } from '@/wire/guards'
import { anchorNow, type Clock, systemClock } from './clock'
import { durable } from './durable'
import { readMeta } from './meta'
import { erasePhotos } from './photos'
import type { OutboxRow, PhotoRow, UserDatabase } from './schema'
import { wireTime } from './time'

/** What the form of a visit hands over. The photos are those added to the draft; the server's own fields are not the form's. */
export type NewVisit = Omit<VisitFields,
  'enteredBy' | 'recordedAt' | 'photos' | 'participants' | 'state' | 'stateReason' | 'confirmations' | 'evidence'> & {
  readonly participants?: readonly UserID[]
}

export type EditableField = 'when' | 'where' | 'mode' | 'form' | 'group' | 'talked' | 'present' | 'raised' | 'purposes' | 'summary' | 'lateReason' | 'course'

/** A correction: each field with the value the person saw and the new one; `null` for "not there". */
export interface VisitEdit {
  readonly set?: Readonly<Partial<Record<EditableField, Change>>>
  /** Photos added to the visit (`addPhoto` first) or taken away. */
  readonly addPhotos?: readonly DocID[]
  readonly removePhotos?: readonly DocID[]
  readonly addParticipants?: readonly UserID[]
  readonly removeParticipants?: readonly UserID[]
}

/** saved: in the queue under `seq` · already: this draft was saved before, nothing happened. */
export type Saved = { readonly at: 'saved', readonly seq: number } | { readonly at: 'already' }

/** The database has no device yet: nobody has signed in on it. A defect of the caller. */
export class NoDeviceError extends Error {
  override readonly name = 'NoDeviceError'
}

const app = __APP_VERSION__

/** Saves the visit of a draft, with the draft's photos, and removes the draft. */
export async function saveVisit(db: UserDatabase, id: DocID, visit: NewVisit, clock: Clock = systemClock): Promise<Saved> {
  return await write(db, async () => {
    if (await isCreated(db, id)) return { at: 'already' }
    const { participants = [], ...fields } = visit
    const recordedAt = wireTime(clock.now())
    const photos = await draftPhotos(db, id)
    const seq = await enqueue(db, clock, {
      kind: 'visit', doc: id, base: 0,
      set: created({ ...fields, when: { ...fields.when, start: wireTime(fields.when.start) }, enteredBy: db.user, recordedAt }),
      ...appended({ photos: photos.map(photo => photo.manifest), participants: participants.map(person => ({ id: person })) }),
      command: { verb: 'submit' },
    })
    await linkPhotos(db, photos, seq)
    await db.drafts.delete(id)
    return { at: 'saved', seq }
  })
}

/** Saves a correction of a visit; `base` is the revision on the screen (`VisitView.rev`). Removes a draft of the same id. */
export async function saveEdit(db: UserDatabase, doc: DocID, base: number, edit: VisitEdit, clock: Clock = systemClock): Promise<Saved> {
  return await write(db, async () => {
    const wanted = new Set(edit.addPhotos)
    const photos = (await draftPhotos(db, doc)).filter(photo => wanted.has(photo.id))
    const gone = edit.removePhotos ?? []
    const seq = await enqueue(db, clock, {
      kind: 'visit', doc, base: Math.max(1, base),
      ...(edit.set !== undefined && Object.keys(edit.set).length > 0 && { set: edit.set }),
      ...appended({
        photos: [...photos.map(photo => photo.manifest), ...gone.map(removed)],
        participants: [...(edit.addParticipants ?? []).map(person => ({ id: person })), ...(edit.removeParticipants ?? []).map(removed)],
      }),
    })
    await linkPhotos(db, photos, seq)
    // The bytes of photos taken away stay until the server's document is without them: this correction may yet be held.
    await db.drafts.delete(doc)
    return { at: 'saved', seq }
  })
}

/** Adds photos of `addPhoto` to a visit that was saved already: a picture that was still being shrunk. */
export async function appendPhotos(db: UserDatabase, doc: DocID, base: number, photos: readonly DocID[], clock: Clock = systemClock): Promise<Saved> {
  return await saveEdit(db, doc, base, { addPhotos: photos }, clock)
}

/** Withdraws, deletes or confirms a visit. 撤销 after saving is `{verb: 'delete'}`. */
export async function command(db: UserDatabase, doc: DocID, base: number, verb: Command, clock: Clock = systemClock): Promise<Saved> {
  return await write(db, async () => {
    const seq = await enqueue(db, clock, { kind: 'visit', doc, base: Math.max(1, base), command: verb })
    return { at: 'saved', seq }
  })
}

/** Saves a complaint or suggestion about the app itself (投诉建议). */
export async function saveSuggestion(db: UserDatabase, id: DocID, text: string, clock: Clock = systemClock): Promise<Saved> {
  return await write(db, async () => {
    if (await isCreated(db, id)) return { at: 'already' }
    const seq = await enqueue(db, clock, { kind: 'suggestion', doc: id, base: 0, set: created({ author: db.user, text }) })
    return { at: 'saved', seq }
  })
}

/**
 * Throws a mutation away that never left the phone: its number stays and says so, nothing else of it is sent. A creation takes
 * the later mutations and the photos of its document with it. Returns false, and does nothing, if any of them may have been sent.
 */
export async function discard(db: UserDatabase, seq: number): Promise<boolean> {
  return await write(db, async () => {
    const row = await db.outbox.get(seq)
    if (row === undefined) return false
    const rows = row.create ? await db.outbox.where('doc').equals(row.doc).toArray() : [row]
    if (rows.some(each => each.attempts > 0)) return false
    for (const each of rows) {
      const mutation = asMutation(each.bytes)
      if (mutation === undefined) return false
      const { device, at, schema } = mutation
      await db.outbox.update(each.seq, { bytes: JSON.stringify({ device, seq: each.seq, base: 0, discarded: true, at, schema, app }), create: false })
    }
    const photos = await db.photos.where('doc').equals(row.doc).filter(photo => rows.some(each => each.seq === photo.seq)).primaryKeys()
    await erasePhotos(db, photos)
    return true
  })
}

/**
 * Takes an answered mutation off the list of what needs a person. Its bytes stay in `sent` for 30 days. With a refused creation
 * its photos go as well: the screen asks first, and offers the export.
 */
export async function dismiss(db: UserDatabase, doc: DocID, seq: number): Promise<void> {
  await write(db, async () => {
    const rows = await db.attention.where('doc').equals(doc).filter(row => row.seq === seq).toArray()
    for (const row of rows) {
      await db.attention.delete([row.device, row.seq])
      if (!row.create || row.outcome !== 'refused') continue
      await erasePhotos(db, await db.photos.where('doc').equals(doc).primaryKeys())
    }
  })
}

/** One read-write transaction over all that saving touches. */
async function write<T>(db: UserDatabase, work: () => Promise<T>): Promise<T> {
  return await durable(db, () => db.transaction('rw', [db.meta, db.outbox, db.sent, db.documents, db.drafts, db.photos, db.thumbs, db.photoBytes, db.attention], work))
}

/** Gives the mutation the next number of this device and puts it into the queue; returns the number. Inside `write` only. */
async function enqueue(db: UserDatabase, clock: Clock, mutation: Omit<Mutation, 'device' | 'seq' | 'at' | 'anchor' | 'schema' | 'app'> & { kind: OutboxRow['kind'], doc: DocID }): Promise<number> {
  const device = await readMeta(db, 'device')
  if (device === undefined) throw new NoDeviceError('no device: nobody has signed in on this database')
  const anchor = await anchorNow(db, clock)
  const at = clock.now()
  const seq = device.next
  const bytes = JSON.stringify({ device: device.id, seq, ...mutation, at, ...(anchor !== undefined && { anchor }), schema: Schema, app } satisfies Mutation)
  if (bytes.length * 3 > MaxMutationBytes && new TextEncoder().encode(bytes).length > MaxMutationBytes) throw new RangeError('mutation exceeds MaxMutationBytes')
  await db.meta.put({ ...device, next: seq + 1 })
  await db.outbox.add({
    seq, kind: mutation.kind, doc: mutation.doc, bytes, create: mutation.base === 0, savedAt: at,
    attempts: 0, opaque: false, notBefore: 0, code: '',
  })
  return seq
}

/** A document exists for this phone if the server told of it or a mutation that makes it was ever queued. */
async function isCreated(db: UserDatabase, id: DocID): Promise<boolean> {
  if (await db.documents.get(id) !== undefined) return true
  const rows = [...await db.outbox.where('doc').equals(id).toArray(), ...await db.sent.where('doc').equals(id).toArray()]
  return rows.some(row => row.create)
}

/** The photos of a form, in the order they were added. */
async function draftPhotos(db: UserDatabase, doc: DocID): Promise<PhotoRow[]> {
  return await db.photos.where('doc').equals(doc).filter(photo => photo.state === 'draft').sortBy('addedAt')
}

async function linkPhotos(db: UserDatabase, photos: readonly PhotoRow[], seq: number): Promise<void> {
  await db.photos.bulkPut(photos.map(photo => ({ ...photo, state: 'waiting' as const, seq })))
}

function created(fields: Readonly<Record<string, unknown>>): Record<string, Change> {
  const set: Record<string, Change> = {}
  for (const [name, now] of Object.entries(fields)) if (now !== undefined) set[name] = { was: null, now }
  return set
}

function appended(lists: { photos?: readonly (Photo | Removed)[], participants?: readonly ({ id: UserID } | Removed)[] }): { append?: Record<string, readonly unknown[]> } {
  const filled = Object.entries(lists).filter(([, elements]) => elements.length > 0)
  return filled.length > 0 ? { append: Object.fromEntries(filled) } : {}
}

interface Removed { readonly id: string, readonly removed: true }

const removed = (id: string): Removed => ({ id, removed: true })
