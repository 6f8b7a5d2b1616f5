/** What a list shows of a record; words are the screen's. */
import type { DraftRow } from '@/db/schema'
import type { DocID } from '@/wire/generated'
import { isRecord } from '@/wire/guards'
import { photoPath, type RecordState, type VisitView } from './visits'

/** A record's state in the terms of `ui/StateBadge.vue`. */
export type Badge =
  | { readonly at: 'local' | 'confirmed' | 'attention' }
  | { readonly at: 'text', readonly done: number, readonly photos: number }

export function badgeOf(record: RecordState): Badge {
  if (record.at === 'sent') return { at: 'text', done: record.photos.have, photos: record.photos.want }
  return { at: record.at }
}

/** Says whether a visit was withdrawn and nothing about it is on its way any more. */
export function isSettled({ visit, record }: VisitView): boolean {
  return visit.state === 'withdrawn' && record.at === 'confirmed'
}

/** The picture beside a visit: the phone's thumbnail, else where the server has one; neither without photos. */
export function pictureOf({ id, photos }: VisitView): { readonly thumb: ArrayBuffer | undefined, readonly src: string } {
  const photo = photos.find(each => each.thumb !== undefined) ?? photos.find(each => each.at === 'remote')
  return { thumb: photo?.thumb, src: photo === undefined || photo.thumb !== undefined ? '' : photoPath(id, photo.id, 'thumbnail') }
}

/** The head of a draft: an empty place is not chosen yet; `start` is RFC 3339. */
export interface DraftHead { readonly id: DocID, readonly place: string, readonly start: string, readonly isCorrection: boolean }

export function draftHeadOf({ id, base, form, createdAt }: DraftRow): DraftHead {
  const { where = undefined, start = undefined } = isRecord(form) ? form : {}
  return {
    id,
    place: isRecord(where) && typeof where['name'] === 'string' ? where['name'] : '',
    start: typeof start === 'string' ? start : new Date(createdAt).toISOString(),
    isCorrection: base > 0,
  }
}
