/**
 * What a screen shows of a visit: the server's document with this phone's waiting mutations rebased onto it, and one word
 * about where the record stands. Read with `useVisits()` and `useVisit(id)`.
 */
import { readMeta } from '@/db/meta'
import { thumbsOf } from '@/db/photos'
import type { AttentionRow, DocumentRow, OutboxRow, PhotoRow, PhotoState, UserDatabase } from '@/db/schema'
import type { Conflict, DocID, Document, Mutation, Photo, UserID, VisitFields } from '@/wire/generated'
import { asMutation, asVisit, isRecord } from '@/wire/guards'
import { rebase } from './rebase'
import { isApplied, isLiving, listOf } from './state'

/** How many of a visit's photos the server has. */
export interface PhotoCount { readonly have: number, readonly want: number }

/** Something that needs the person: an answered mutation that took no effect, or a photo the server would not take. */
export type Attention =
  | { readonly about: 'mutation', readonly seq: number, readonly outcome: 'held' | 'refused', readonly code: string, readonly create: boolean }
  | { readonly about: 'photo', readonly photo: DocID, readonly code: string }

/** Where a record stands. A draft is no visit yet: see `useDrafts`. */
export type RecordState =
  /** Saved on this phone (已存本机); `tried`: it was sent and the answer did not come. */
  | { readonly at: 'local', readonly tried: boolean, readonly photos: PhotoCount }
  /** The server has the text, photos are under way (文字已确认, 照片 k/n). */
  | { readonly at: 'sent', readonly photos: PhotoCount }
  | { readonly at: 'confirmed', readonly photos: PhotoCount }
  /** 需要您看一下. Everything is still kept. */
  | { readonly at: 'attention', readonly items: readonly Attention[], readonly photos: PhotoCount }

export interface PhotoView {
  readonly id: DocID
  readonly manifest: Photo
  /** Where the bytes are; `remote` if this phone never had them. */
  readonly at: PhotoState | 'remote'
  /** The phone's own small picture (JPEG); in lists only of a visit's first photo. Absent: ask the server, see `photoPath`. */
  readonly thumb: ArrayBuffer | undefined
}

export interface VisitView {
  readonly id: DocID
  /** The revision on the screen: `base` of what is done to it. */
  readonly rev: number
  readonly visit: VisitFields
  readonly photos: readonly PhotoView[]
  /** The living participants. */
  readonly participants: readonly UserID[]
  readonly record: RecordState
  /** Values a merge replaced and nobody has decided about yet. */
  readonly conflicts: readonly Conflict[]
  readonly deleted: boolean
  /** This person is asked to confirm: taking part, or what was entered on their behalf. */
  readonly asksMe: boolean
}

/** All the phone knows of one visit. */
export interface VisitParts {
  readonly document: DocumentRow | undefined
  readonly outbox: readonly OutboxRow[]
  readonly attention: readonly AttentionRow[]
  readonly photos: readonly PhotoRow[]
  readonly thumbs: ReadonlyMap<DocID, ArrayBuffer>
}

/** Puts the parts together. Undefined if there is nothing to show. `now` is the best guess of server time, Unix ms. */
export function viewOf(parts: VisitParts, user: UserID, now: number): VisitView | undefined {
  const document = parts.document?.document
  const open = parts.attention.filter(row => document === undefined || !isApplied(document, row.device, row.seq))
  // Without a document the answered creation is all there is to show; else the server's word counts.
  const rows = [...(document === undefined ? open : []), ...parts.outbox].sort((a, b) => a.seq - b.seq)
  const pending = rows.map(row => asMutation(row.bytes)).filter((mutation): mutation is Mutation => mutation !== undefined)
  const { shown } = rebase(document, user, pending, now)
  const visit = shown === undefined ? undefined : asVisit(shown.fields)
  if (shown === undefined || visit === undefined) return undefined
  const photos = photoViews(shown, parts)
  return {
    id: shown.id, rev: document?.rev ?? 0, visit, photos,
    participants: (visit.participants ?? []).filter(isLiving).map(person => person.id),
    record: recordOf(visit, photos, parts.outbox, open, parts.photos),
    conflicts: shown.conflicts, deleted: shown.deleted, asksMe: !shown.deleted && asks(visit, user),
  }
}

function recordOf(visit: VisitFields, photos: readonly PhotoView[], outbox: readonly OutboxRow[], open: readonly AttentionRow[], rows: readonly PhotoRow[]): RecordState {
  const stored = photos.filter(photo => photo.at === 'stored').length
  const evidence: unknown = visit.evidence
  const told = isRecord(evidence) && typeof evidence['have'] === 'number' ? evidence['have'] : 0
  const want = photos.length
  const count = { have: Math.min(want, Math.max(told, stored)), want }
  const items: Attention[] = [
    ...open.map(({ seq, outcome, code, create }) => ({ about: 'mutation' as const, seq, outcome, code, create })),
    ...rows.filter(row => row.state === 'attention').map(({ id, code }) => ({ about: 'photo' as const, photo: id, code })),
  ]
  if (items.length > 0) return { at: 'attention', items, photos: count }
  if (outbox.length > 0) return { at: 'local', tried: outbox.some(row => row.attempts > 0), photos: count }
  return { at: count.have < count.want ? 'sent' : 'confirmed', photos: count }
}

function photoViews(shown: Document, { photos, thumbs }: VisitParts): PhotoView[] {
  const here = new Map<unknown, PhotoRow>(photos.map(row => [row.id, row]))
  return (asVisit(shown.fields)?.photos ?? []).filter(isLiving).map((manifest) => {
    const row = here.get(manifest.id)
    return { id: manifest.id, manifest, at: row?.state ?? 'remote', thumb: thumbs.get(manifest.id) }
  })
}

function asks(visit: VisitFields, user: UserID): boolean {
  if (visit.state !== 'submitted' || visit.confirmations?.[user] !== undefined) return false
  if (visit.author === user) return visit.enteredBy !== user
  return (visit.participants ?? []).some(person => isLiving(person) && person.id === user)
}

/** Says whether a visit belongs to this person's own list: wrote it, entered it or is named in it. */
export function isMine(document: Document, user: UserID): boolean {
  return document.fields['author'] === user || document.fields['enteredBy'] === user
    || listOf(document, 'participants').some(person => isLiving(person) && isRecord(person) && person['id'] === user)
}

/** Where the server has a photo that is not here. The browser sends the cookie by itself: use it as an image address. */
export function photoPath(visit: DocID, photo: DocID, size: 'full' | 'thumbnail'): string {
  return `/api/v1/visits/${visit}/photos/${photo}${size === 'thumbnail' ? '/thumbnail' : ''}`
}

/** The best guess of server time, Unix ms: the phone's clock, corrected by what it was off at the last contact. */
export async function serverNow(db: UserDatabase, now: number = Date.now()): Promise<number> {
  return now + ((await readMeta(db, 'clock'))?.offset ?? 0)
}

/** One visit, or undefined if this phone knows of none. */
export async function loadVisit(db: UserDatabase, id: DocID): Promise<VisitView | undefined> {
  return await db.transaction('r', [db.documents, db.outbox, db.attention, db.photos, db.thumbs, db.meta], async () => {
    const photos = await db.photos.where('doc').equals(id).filter(photo => photo.state !== 'draft').sortBy('addedAt')
    return viewOf({
      document: await db.documents.get(id),
      outbox: await db.outbox.where('doc').equals(id).sortBy('seq'),
      attention: await db.attention.where('doc').equals(id).sortBy('seq'),
      photos, thumbs: await thumbsOf(db, photos.map(photo => photo.id)),
    }, db.user, await serverNow(db))
  })
}

export interface LoadOptions {
  /** The newest this many, and all that wait on this phone. */
  readonly limit: number
  /** mine: own list; others: what this person may read besides (administrators). */
  readonly whose: 'mine' | 'others'
  /** Only visits that start at or after this moment (RFC 3339). */
  readonly since?: string
  /** Leaves the small pictures out. */
  readonly thumbless?: boolean
}

/** The visits of a list, newest start first; deleted ones are left out, unless somebody has to look at them. */
export async function loadVisits(db: UserDatabase, { limit, whose, since = '', thumbless = false }: LoadOptions): Promise<VisitView[]> {
  return await db.transaction('r', [db.documents, db.outbox, db.attention, db.photos, db.thumbs, db.meta], async () => {
    const mine = whose === 'mine' ? 1 : 0
    const documents = await db.documents.where('[kind+mine+sort]').between(['visit', mine, since], ['visit', mine, '\uffff']).reverse().limit(limit).toArray()
    const byID = new Map<DocID, DocumentRow>(documents.map(row => [row.id, row]))
    const outbox = groupByDoc(await db.outbox.orderBy('seq').filter(row => row.kind === 'visit').toArray())
    const attention = groupByDoc(await db.attention.filter(row => row.kind === 'visit').toArray())
    const waiting = mine === 1 ? [...new Set([...outbox.keys(), ...attention.keys()])].filter(id => !byID.has(id)) : []
    for (const row of await db.documents.bulkGet(waiting)) if (row !== undefined) byID.set(row.id, row)
    const ids = [...new Set([...byID.keys(), ...waiting])]
    const photos = groupByDoc(await db.photos.where('doc').anyOf(ids).filter(photo => photo.state !== 'draft').sortBy('addedAt'))
    const firsts = [...photos.values()].flatMap(rows => rows.slice(0, 1).map(row => row.id))
    const thumbs = thumbless ? new Map<DocID, ArrayBuffer>() : await thumbsOf(db, firsts)
    const now = await serverNow(db)
    return ids
      .map(id => viewOf({ document: byID.get(id), outbox: outbox.get(id) ?? [], attention: attention.get(id) ?? [], photos: photos.get(id) ?? [], thumbs }, db.user, now))
      .filter((view): view is VisitView => view !== undefined && (!view.deleted || view.record.at === 'attention') && view.visit.when.start >= since)
      .sort((a, b) => (a.visit.when.start < b.visit.when.start ? 1 : -1))
  })
}

function groupByDoc<T extends { readonly doc: DocID }>(rows: readonly T[]): Map<DocID, T[]> {
  const groups = new Map<DocID, T[]>()
  for (const row of rows) {
    const group = groups.get(row.doc)
    if (group === undefined) groups.set(row.doc, [row])
    else group.push(row)
  }
  return groups
}
