/** The three counts and the queue page, read from the local database. Counts are visits, not mutations. */
import { readMeta } from '@/db/meta'
import type { UserDatabase } from '@/db/schema'
import { localDay, mondayOf, startOfDay } from '@/db/time'
import type { DocID } from '@/wire/generated'
import { loadVisits, serverNow, type VisitView } from './visits'

export interface Counts {
  /** 本机: the server does not have the text yet, or took it and a person must look. */
  readonly local: number
  /** 传送中: text confirmed, photos under way. */
  readonly sending: number
  /** 已确认: this week's own visits that are on the server with all their photos. */
  readonly confirmed: number
  /** Of `local`: 需要您看一下. */
  readonly attention: number
  /** When the phone last talked with the server to the end, Unix ms; 0 = never. */
  readonly confirmedAt: number
}

export const noCounts: Counts = { local: 0, sending: 0, confirmed: 0, attention: 0, confirmedAt: 0 }

/** A row of the queue page: a visit that is not confirmed, with what will happen next. */
export interface QueueItem {
  readonly view: VisitView
  /** When it is tried next, Unix ms; 0 = with the loop's next turn. */
  readonly nextAt: number
  /** Bytes of photos that are still to go. */
  readonly bytesLeft: number
  /** Never sent: it may be thrown away without a trace on the server (`discard` of `db/save.ts` with this seq); 0 if not so. */
  readonly discardable: number
}

/** Suggestions wait like visits, but have no place among them. */
export async function loadStatus(db: UserDatabase): Promise<{ counts: Counts, items: readonly QueueItem[] }> {
  const monday = mondayOf(localDay(await serverNow(db)))
  const views = await loadVisits(db, { limit: 300, whose: 'mine', thumbless: true })
  const since = startOfDay(monday)
  const items: QueueItem[] = []
  for (const view of views) if (view.record.at !== 'confirmed' && isOwn(view)) items.push(await itemOf(db, view))
  return {
    counts: {
      local: count(views, view => view.record.at === 'local' || view.record.at === 'attention'),
      sending: count(views, view => view.record.at === 'sent'),
      confirmed: count(views, view => view.record.at === 'confirmed' && view.visit.when.start >= since),
      attention: count(views, view => view.record.at === 'attention'),
      confirmedAt: (await readMeta(db, 'confirmed'))?.at ?? 0,
    },
    items,
  }

  /** A colleague's visit that waits for the colleague's photos is not this person's business. */
  function isOwn({ visit, photos, record }: VisitView): boolean {
    return visit.author === db.user || visit.enteredBy === db.user || record.at !== 'sent' || photos.some(photo => photo.at === 'waiting')
  }

  function count(all: readonly VisitView[], matches: (view: VisitView) => boolean): number {
    return all.filter(view => matches(view) && isOwn(view)).length
  }
}

async function itemOf(db: UserDatabase, view: VisitView): Promise<QueueItem> {
  const rows = await db.outbox.where('doc').equals(view.id).sortBy('seq')
  const photos = await db.photos.where('doc').equals(view.id).filter(photo => photo.state === 'waiting').toArray()
  const [first] = rows
  return {
    view,
    nextAt: Math.max(0, ...rows.map(row => row.notBefore), ...photos.map(photo => photo.notBefore)),
    bytesLeft: photos.reduce((sum, photo) => sum + photo.manifest.bytes - photo.offset, 0),
    discardable: first?.create === true && rows.every(row => row.attempts === 0) ? first.seq : 0,
  }
}

/** Lets an item be tried at once: photos the server would not take, and text that was parked. */
export async function retryItem(db: UserDatabase, visit: DocID): Promise<void> {
  await db.transaction('rw', [db.outbox, db.photos], async () => {
    await db.outbox.where('doc').equals(visit).modify({ notBefore: 0 })
    await db.photos.where('doc').equals(visit).filter(photo => photo.state === 'waiting' || photo.state === 'attention')
      .modify({ state: 'waiting', notBefore: 0, code: '', url: '', offset: 0 })
  })
}
