import type { RecordState } from './visits'

/** A record's state in the terms of `ui/StateBadge.vue`. */
export type Badge =
  | { readonly at: 'local' | 'confirmed' | 'attention' }
  | { readonly at: 'text', readonly done: number, readonly photos: number }

export function badgeOf(record: RecordState): Badge {
  if (record.at === 'sent') return { at: 'text', done: record.photos.have, photos: record.photos.want }
  return { at: record.at }
}
