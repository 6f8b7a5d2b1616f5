import { durable } from './durable'
import type { ClockMeta, ConfirmedMeta, DeviceMeta, LeaseMeta, PullMeta, UserDatabase } from './schema'
import { noCursor, noEpoch } from '@/wire/guards'

interface MetaByKey { device: DeviceMeta, pull: PullMeta, clock: ClockMeta, confirmed: ConfirmedMeta, lease: LeaseMeta }

const isMeta = <K extends keyof MetaByKey>(row: { key: string } | undefined, key: K): row is MetaByKey[K] => row?.key === key

/** Returns the bookkeeping row `key`, or undefined before it was ever written. Inside a transaction it reads that transaction's state. */
export async function readMeta<K extends keyof MetaByKey>(db: UserDatabase, key: K): Promise<MetaByKey[K] | undefined> {
  const row = await db.meta.get(key)
  return isMeta(row, key) ? row : undefined
}

/** Returns where the pull stands; at the very start if there was none. */
export async function readPull(db: UserDatabase): Promise<PullMeta> {
  return await readMeta(db, 'pull') ?? { key: 'pull', epoch: noEpoch, cursor: noCursor, reset: '', horizon: '', complete: false }
}

/** A choice of this user, or undefined. The caller checks what it gets: an older release may have written it. */
export async function readPreference(db: UserDatabase, name: string): Promise<unknown> {
  const row = await db.meta.get(`preference:${name}`)
  return row !== undefined && 'value' in row ? row.value : undefined
}

export async function writePreference(db: UserDatabase, name: string, value: unknown): Promise<void> {
  await durable(db, () => db.meta.put({ key: `preference:${name}`, value }))
}
