import { liveQuery } from 'dexie'
import { readMeta } from './meta'
import type { UserDatabase } from './schema'

/** Calls `saved` whenever a mutation was queued, in this tab or another. Returns the function that stops it. */
export function watchSaves(db: UserDatabase, saved: () => void): () => void {
  let last: number | undefined
  const subscription = liveQuery(async () => (await readMeta(db, 'device'))?.next ?? 0).subscribe({
    next(value) {
      const isNews = last !== undefined && value !== last
      last = value
      if (isNews) saved()
    },
    error: () => undefined, // the database was closed: its loop ends as well
  })
  return () => { subscription.unsubscribe() }
}
