/**
 * Writes answers into the local database. A receipt and what it brings are one transaction, a page and its cursor another:
 * whatever is cut off in between is asked again and answered the same (I1, I2).
 */
import { type Clock, noteServerTime } from '@/db/clock'
import { durable, StorageError } from '@/db/durable'
import { readMeta, readPull } from '@/db/meta'
import { erasePhotos, isHeld } from '@/db/photos'
import type { DocumentRow, OutboxRow, SentRow, UserDatabase } from '@/db/schema'
import { startOfDay } from '@/db/time'
import type { Cursor, DeviceID, DocID, Document, Epoch, SyncResponse } from '@/wire/generated'
import { asMutation, isRecord, noCursor } from '@/wire/guards'
import { type Batch, nextBatch, type PushPlan } from './plan'
import { isApplied, namesPhoto } from './state'
import { isMine } from './visits'

/** How long acknowledged mutations are kept for a server that comes back from a backup, ms. */
const replayWindow = 30 * 86_400_000

/** What the next request carries. */
export interface Outgoing { readonly device: DeviceID, readonly epoch: Epoch, readonly acked: number, readonly cursor: Cursor, readonly batch: Batch }

/**
 * Chooses what to send and notes that it may reach the server, in one transaction: from here on these rows cannot be
 * discarded any more. Undefined if this database has no device yet.
 */
export async function takeBatch(db: UserDatabase, plan: PushPlan, now: number): Promise<Outgoing | undefined> {
  try {
    return await chooseBatch(db, plan, now, 'rw')
  } catch (cause) {
    // A phone without space cannot note it, and needs its records on the server all the more.
    if (cause instanceof StorageError && cause.fault === 'full') return await chooseBatch(db, plan, now, 'r')
    throw cause
  }
}

async function chooseBatch(db: UserDatabase, plan: PushPlan, now: number, mode: 'rw' | 'r'): Promise<Outgoing | undefined> {
  return await durable(db, () => db.transaction(mode, [db.outbox, db.meta], async () => {
    const device = await readMeta(db, 'device')
    if (device === undefined) return undefined
    const pull = await readPull(db)
    const queue = await db.outbox.orderBy('seq').toArray()
    const batch = nextBatch(queue, plan, now)
    if (mode === 'rw') for (const row of batch) if (row.attempts === 0) await db.outbox.update(row.seq, { attempts: 1 })
    // Every number below the first in the queue has its receipt.
    const acked = (queue[0]?.seq ?? device.next) - 1
    return { device: device.id, epoch: pull.epoch, acked, cursor: pull.cursor, batch }
  }))
}

/** What an answer means for the loop. */
export interface Applied {
  /** Receipts that came. */
  readonly receipts: number
  /** The server holds other bytes under a number of ours: this installation was cloned. */
  readonly forked: boolean
  /** The store was restored: everything is sent and pulled anew. */
  readonly restored: boolean
  /** False for a page that belongs to an older cursor than the phone's: it was not written. */
  readonly pageTaken: boolean
}

/** Writes one answer to what `sent` asked. */
export async function applyAnswer(db: UserDatabase, sent: Outgoing, pulled: boolean, response: SyncResponse, clock: Clock): Promise<Applied> {
  await durable(db, () => noteServerTime(db, response.serverTime, clock))
  if (await enterEpoch(db, sent.epoch, response.epoch)) return { receipts: 0, forked: false, restored: true, pageTaken: false }
  const { receipts, forked } = await takeReceipts(db, sent, response)
  const pageTaken = pulled && await takePage(db, sent.cursor, response)
  return { receipts, forked, restored: false, pageTaken }
}

/**
 * Notes the life of the store that answered. Returns true if it is another one than before: then all that was acknowledged
 * within the replay window is queued again under its own numbers, and the pull starts from the beginning. Copies of the
 * older epoch stay readable until they are replaced. An answer to what was asked in an earlier life (`asked`) changes nothing.
 */
export async function enterEpoch(db: UserDatabase, asked: Epoch, epoch: Epoch): Promise<boolean> {
  return await durable(db, () => db.transaction('rw', [db.meta, db.outbox, db.sent], async () => {
    const pull = await readPull(db)
    const device = await readMeta(db, 'device')
    if (pull.epoch === epoch || pull.epoch !== asked || device === undefined) return false
    await db.meta.put({ ...pull, epoch, cursor: noCursor, reset: '' })
    if (pull.epoch === '') return false
    let next = device.next
    for (const row of await db.sent.toArray()) {
      if (row.outcome === 'renumbered') continue
      if (row.device === device.id) await requeue(db, row)
      else { // told by an earlier device of this phone: it goes out under a number of this one
        const mutation = asMutation(row.bytes)
        if (mutation === undefined) continue
        await requeue(db, { ...row, seq: next, bytes: JSON.stringify({ ...mutation, device: device.id, seq: next }) })
        await db.sent.put({ ...row, outcome: 'renumbered' })
        next++
      }
    }
    await db.meta.put({ ...device, next })
    return true
  }))
}

async function requeue(db: UserDatabase, { seq, kind, doc, bytes, create, savedAt, device }: SentRow): Promise<void> {
  await db.outbox.put({ seq, kind, doc, bytes, create, savedAt, attempts: 1, opaque: false, notBefore: 0, code: '' })
  await db.sent.delete([device, seq])
}

/** Moves answered rows out of the queue and writes the documents that came with them. */
async function takeReceipts(db: UserDatabase, sent: Outgoing, response: SyncResponse): Promise<{ receipts: number, forked: boolean }> {
  return await durable(db, () => db.transaction('rw', [db.outbox, db.sent, db.attention, db.documents, db.meta], async () => {
    const device = await readMeta(db, 'device')
    const pull = await readPull(db)
    // Meanwhile another device or epoch: what this answer says is about numbers that are no longer ours.
    if (device?.id !== sent.device || pull.epoch !== response.epoch) return { receipts: 0, forked: false }
    const now = response.serverTime
    let receipts = 0
    let forked = false
    const documents: Document[] = []
    const asked = new Map<number, OutboxRow>(sent.batch.map(row => [row.seq, row]))
    for (const { seq, outcome, code = '', detail = '', document } of response.results) {
      if (document !== undefined) documents.push(document)
      const row = asked.get(seq)
      if (outcome === 'fork') forked = true
      if (outcome === 'fork' || row === undefined || (await db.outbox.get(seq))?.bytes !== row.bytes) continue
      const { kind, doc, bytes, create, savedAt } = row
      const kept = { device: sent.device, seq, kind, doc, bytes, create }
      await db.outbox.delete(seq)
      await db.sent.put({ ...kept, savedAt, receivedAt: now, outcome })
      await db.attention.delete([sent.device, seq])
      if (outcome === 'held' || outcome === 'refused') await db.attention.put({ ...kept, outcome, code, detail, at: now })
      receipts++
    }
    await writeDocuments(db, documents, pull.epoch, pull.reset)
    await requeueLost(db, sent, response)
    return { receipts, forked }
  }))
}

/** Queues again what the server should have by its receipt and says it has not. */
async function requeueLost(db: UserDatabase, { device, acked }: Outgoing, { device: journal }: SyncResponse): Promise<void> {
  if (acked <= journal.upTo && journal.missing.length === 0) return
  const ranges = [...journal.missing.map(([from = 0, to = 0]) => [from, to] as const), [journal.upTo + 1, acked] as const]
  for (const [from, to] of ranges) {
    const lost = await db.sent.where('[device+seq]').between([device, from], [device, Math.min(to, acked)], true, true).toArray()
    for (const row of lost) if (row.outcome !== 'renumbered') await requeue(db, row)
  }
}

/** Writes a page and its cursor, if the phone still stands where the page begins. Returns whether it did. */
async function takePage(db: UserDatabase, asked: Cursor, response: SyncResponse): Promise<boolean> {
  return await durable(db, () => db.transaction('rw', [db.documents, db.attention, db.outbox, db.meta], async () => {
    const pull = await readPull(db)
    if (pull.cursor !== asked || pull.epoch !== response.epoch) return false
    const { reset = '', more, horizon, cursor, documents, removed } = response
    await writeDocuments(db, documents, pull.epoch, reset)
    const gone = await db.documents.bulkGet(removed.map(each => each.id))
    // A removal older than what the phone has is an old page's.
    const ids = gone.flatMap((row, i) => (row !== undefined && (row.epoch !== pull.epoch || row.rev <= (removed[i]?.rev ?? 0)) ? [row.id] : []))
    await letGo(db, ids)
    if (!more) {
      // Tombstones are not sent in a reset; they stay, so that what belongs to them is let go as well.
      if (reset !== '') await letGo(db, await db.documents.filter(row => row.seen !== reset && !row.document.deleted).primaryKeys())
      if (horizon !== '') for (const mine of [0, 1]) {
        await letGo(db, await db.documents.where('[kind+mine+sort]').between(['visit', mine, ''], ['visit', mine, startOfDay(horizon)]).primaryKeys())
      }
    }
    await db.meta.put({ ...pull, cursor, horizon, reset: more ? reset : '', complete: pull.complete || !more })
    return true
  }))
}

/** Writes documents that are newer than the phone's; within a reset every one of them counts as seen. */
async function writeDocuments(db: UserDatabase, documents: readonly Document[], epoch: Epoch, seen: string): Promise<void> {
  if (documents.length === 0) return
  const known = await db.documents.bulkGet(documents.map(document => document.id))
  const rows = new Map<DocID, DocumentRow>()
  for (const [i, document] of documents.entries()) {
    const here = rows.get(document.id) ?? known[i]
    const isKnown = here !== undefined && here.epoch === epoch && here.rev >= document.rev
    rows.set(document.id, rowOf(db, isKnown ? here.document : document, epoch, seen))
  }
  await db.documents.bulkPut([...rows.values()])
  const waiting = await db.attention.toArray()
  for (const row of waiting) {
    const document = rows.get(row.doc)?.document
    if (document !== undefined && isApplied(document, row.device, row.seq)) await db.attention.delete([row.device, row.seq])
  }
}

function rowOf(db: UserDatabase, document: Document, epoch: Epoch, seen: string): DocumentRow {
  const { id, kind, rev, fields } = document
  const when = fields['when']
  const start = kind === 'visit' && isRecord(when) && typeof when['start'] === 'string' ? when['start'] : ''
  return { id, kind, rev, document, epoch, seen, mine: kind === 'visit' && isMine(document, db.user) ? 1 : 0, sort: start }
}

/**
 * Deletes documents this person has no more business with. One that a mutation here still waits for, or has to be looked at
 * for, stays to show it by; it is in no list, and older than every horizon, so that it goes with a later page.
 */
async function letGo(db: UserDatabase, ids: readonly DocID[]): Promise<void> {
  if (ids.length === 0) return
  const waiting = new Set([...await db.outbox.toArray(), ...await db.attention.toArray()].map(row => row.doc))
  await db.documents.bulkDelete(ids.filter(id => !waiting.has(id)))
  await db.documents.where('id').anyOf(ids.filter(id => waiting.has(id))).modify({ mine: 0, sort: '' })
}

/** Forgets what nobody needs any more: old receipts, photos of visits that are gone or no longer name them. `now` is the server's time, Unix ms. */
export async function tidy(db: UserDatabase, now: number): Promise<void> {
  await durable(db, () => db.transaction('rw', [db.sent, db.photos, db.thumbs, db.photoBytes, db.documents, db.outbox, db.attention], async () => {
    await db.sent.where('receivedAt').below(now - replayWindow).delete()
    for (const photo of await db.photos.where('state').anyOf('stored', 'waiting', 'attention').toArray()) {
      if (await db.outbox.where('doc').equals(photo.doc).count() > 0 || await db.attention.where('doc').equals(photo.doc).count() > 0) continue
      const document = (await db.documents.get(photo.doc))?.document
      // Without the document nothing is known: bytes that were not stored stay.
      if (document === undefined ? photo.state !== 'stored' : namesPhoto(document, photo.id)) continue
      if (document?.deleted === false && photo.state !== 'stored' && await isHeld(db, photo)) continue
      await erasePhotos(db, [photo.id])
    }
  }))
}
