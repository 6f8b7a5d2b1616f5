/**
 * What can go wrong when writing to the phone, as one typed error. Screens show `kind` in words and keep the form open.
 */
import Dexie from 'dexie'
import type { UserDatabase } from './schema'

/** full: no space (nothing was written) · outdated: let go for a newer release or another person, reload · broken: the browser's database failed twice. */
export type StorageFault = 'full' | 'outdated' | 'broken'

export class StorageError extends Error {
  constructor(readonly fault: StorageFault, options?: ErrorOptions) {
    super(`storage: ${fault}`, options)
    this.name = 'StorageError'
  }
}

/**
 * Runs `work`, one transaction of `db`. If the browser lost its connection (WebKit does, after a pause in the background)
 * the database is opened again and `work` runs once more: the lost transaction wrote nothing. Rejects with `StorageError`,
 * or with what `work` itself threw if the database is not at fault.
 */
export async function durable<T>(db: UserDatabase, work: () => PromiseLike<T>): Promise<T> {
  const before = mended.get(db)
  try {
    return await work()
  } catch (cause) {
    if (db.released) throw new StorageError('outdated', { cause })
    if (faultOf(cause) !== 'broken') throw translate(cause)
  }
  try {
    // Opened again since then: closing it once more would cut off what others are at.
    if (mended.get(db) === before) mended.set(db, reopen(db))
    await mended.get(db)
    return await work()
  } catch (cause) {
    throw translate(cause)
  }
}

/** The last time each database was opened again. */
const mended = new WeakMap<UserDatabase, Promise<void>>()

async function reopen(db: UserDatabase): Promise<void> {
  db.close({ disableAutoOpen: false })
  await db.open()
}

function translate(cause: unknown): unknown {
  const fault = faultOf(cause)
  return fault === undefined ? cause : new StorageError(fault, { cause })
}

/** Returns what the error says about the database, undefined if it is about something else. */
function faultOf(cause: unknown): StorageFault | undefined {
  if (!(cause instanceof Error)) return undefined
  for (const error of chain(cause)) {
    switch (error.name) {
      case 'QuotaExceededError': return 'full'
      case 'VersionError': return 'outdated'
      default: break
    }
  }
  return brokenNames.has(cause.name) ? 'broken' : undefined
}

const brokenNames: ReadonlySet<string> = new Set([
  'InvalidStateError', 'UnknownError', 'DatabaseClosedError', 'AbortError', 'TimeoutError', 'TransactionInactiveError', 'OpenFailedError',
])

/** Yields an error and what it wraps: Dexie keeps the browser's own in `inner`, a bulk write its several in `failures`. */
function* chain(error: Error): Generator<Error> {
  yield error
  if (error instanceof Dexie.BulkError) yield* error.failures
  if ('inner' in error && error.inner instanceof Error && error.inner !== error) yield* chain(error.inner)
}
