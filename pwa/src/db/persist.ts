/** Whether the browser keeps our databases when space runs short. It decides by itself; asking early is refused for good by some. */
import { liveQuery } from 'dexie'
import type { UserDatabase } from './schema'

/** kept: promised · may_go: not promised · unknown: the browser does not say. */
export type Keeping = 'kept' | 'may_go' | 'unknown'

export interface StorageState {
  readonly keeping: Keeping
  /** Bytes used by this app, 0 if the browser does not say. */
  readonly used: number
}

const manager = (): Partial<StorageManager> => (typeof navigator === 'object' && 'storage' in navigator ? navigator.storage : {})

export async function readStorage(): Promise<StorageState> {
  const { persisted, estimate } = manager()
  const [kept, room] = await Promise.all([
    persisted?.call(navigator.storage).catch(() => undefined), // private windows of some browsers reject: it does not say
    estimate?.call(navigator.storage).catch(() => undefined),
  ])
  return { keeping: kept === undefined ? 'unknown' : kept ? 'kept' : 'may_go', used: room?.usage ?? 0 }
}

/** Asks the browser to keep them; resolves with what it decided. Some ask the person. */
export async function askToKeep(): Promise<Keeping> {
  const { persist } = manager()
  const kept = await persist?.call(navigator.storage).catch(() => undefined)
  return kept === undefined ? 'unknown' : kept ? 'kept' : 'may_go'
}

/** Asks once there is something to lose: the first draft or queued record. Returns the function that stops waiting for it. */
export function keepOnceUsed(db: UserDatabase): () => void {
  const subscription = liveQuery(async () => await db.drafts.count() + await db.outbox.count()).subscribe({
    next(count) {
      if (count === 0) return
      subscription.unsubscribe()
      void readStorage().then(async ({ keeping }) => { if (keeping === 'may_go') await askToKeep() })
    },
    error: () => undefined, // the database was closed: somebody else is signed in
  })
  return () => { subscription.unsubscribe() }
}
