/**
 * The local database: one per user, so that nobody's records are ever shown or sent by another person on the same phone.
 * Everything a screen shows is read from here; everything a person does is one transaction here (`save.ts`).
 *
 * Changing it: add `this.version(n + 1)` below with the stores that are new or differ. Never remove a store or a field
 * that an earlier release wrote; queue rows are never migrated, they are wire JSON.
 */
import Dexie, { type EntityTable, type Table } from 'dexie'
import type { Cursor, DeviceID, DocID, Document, Epoch, Kind, Photo, UserID } from '@/wire/generated'

/** A document as the server last told it. The screen shows it with the waiting mutations rebased onto it. */
export interface DocumentRow {
  readonly id: DocID
  readonly kind: Kind
  readonly rev: number
  readonly document: Document
  /** The epoch it came under: a copy of an older epoch is replaced whatever its revision. */
  readonly epoch: Epoch
  /** The reset during which it was last seen, empty outside resets: the sweep deletes what does not carry the current one. */
  readonly seen: string
  /** 1 for a visit this user wrote, entered or took part in, else 0. */
  readonly mine: 0 | 1
  /** What lists are ordered by: a visit's start, else empty. */
  readonly sort: string
}

/** A mutation without a receipt. `bytes` are wire JSON, written once and sent as they are; all else is bookkeeping. */
export interface OutboxRow {
  readonly seq: number
  readonly kind: Kind
  readonly doc: DocID
  readonly bytes: string
  /** True if this mutation creates its document. */
  readonly create: boolean
  /** Unix ms. */
  readonly savedAt: number
  /** How often it may have reached the server. A row that was never tried can still be discarded. */
  readonly attempts: number
  /** Send `bytes` unparsed: the server failed on them and on nothing else. */
  readonly opaque: boolean
  /** Not before this time (Unix ms), because `code` stood in the way; 0 = at once. */
  readonly notBefore: number
  readonly code: string
}

/** A mutation with a receipt, kept 30 days for a server that was restored from a backup. */
export interface SentRow {
  readonly device: DeviceID
  readonly seq: number
  readonly kind: Kind
  readonly doc: DocID
  readonly bytes: string
  readonly create: boolean
  readonly savedAt: number
  /** Unix ms, of the server: the phone's clock may jump. */
  readonly receivedAt: number
  /** What the server answered; renumbered: it lives on under a number of a newer device. */
  readonly outcome: 'applied' | 'merged' | 'held' | 'refused' | 'renumbered'
}

/** A mutation that was answered and did not take effect. It stays until the person has dealt with it. */
export interface AttentionRow {
  readonly device: DeviceID
  readonly seq: number
  readonly kind: Kind
  readonly doc: DocID
  readonly bytes: string
  readonly create: boolean
  /** Held: whole on the server, waiting for a person. Refused: only here and in the journal. */
  readonly outcome: 'held' | 'refused'
  readonly code: string
  readonly detail: string
  /** Unix ms. */
  readonly at: number
}

/** A form that was not saved yet. Its id is the id of the visit it becomes (or edits, `base` > 0). */
export interface DraftRow {
  readonly id: DocID
  readonly base: number
  /** Whatever the form needs to come back as it was; JSON-like. */
  readonly form: unknown
  readonly createdAt: number
  readonly updatedAt: number
}

/** draft: in a form · waiting: named by a saved mutation, bytes not confirmed · stored: the server has them · attention: see `code`. */
export type PhotoState = 'draft' | 'waiting' | 'stored' | 'attention'

/** A photo of this phone. Its pictures are apart, small (`thumbs`) and whole (`photoBytes`): a list must not load them. */
export interface PhotoRow {
  readonly id: DocID
  /** The visit, or the draft that will be one. */
  readonly doc: DocID
  readonly manifest: Photo
  readonly state: PhotoState
  /** The mutation that names it, 0 in a draft. */
  readonly seq: number
  readonly addedAt: number
  /** Where the upload goes on, empty before it began; and how many bytes the server had when last asked. */
  readonly url: string
  readonly offset: number
  readonly attempts: number
  readonly notBefore: number
  readonly code: string
}

/** A JPEG: in `thumbs` of at most 15 KB, in `photoBytes` the photo itself. */
export interface PhotoBytesRow { readonly id: DocID, readonly data: ArrayBuffer }

/** Which numbers this installation counts: a mutation is known by (device, seq). */
export interface DeviceMeta { readonly key: 'device', readonly id: DeviceID, readonly next: number }
/** Where the pull stands. It changes only together with the page it belongs to. `reset` is the reset under way, or empty. */
export interface PullMeta {
  readonly key: 'pull'
  readonly epoch: Epoch
  readonly cursor: Cursor
  readonly reset: string
  readonly horizon: string
  /** True once a pull has reached its end: before that, what is missing here may exist. */
  readonly complete: boolean
}
/** The last word of the server about time: `server` at monotonic `mono` of page load `boot`; `offset` = server − phone, ms. */
export interface ClockMeta { readonly key: 'clock', readonly server: number, readonly mono: number, readonly boot: string, readonly offset: number }
/** When the server last had told and been told everything that could go (Unix ms). */
export interface ConfirmedMeta { readonly key: 'confirmed', readonly at: number }
/** Which tab sends, and its last heartbeat (Unix ms). */
export interface LeaseMeta { readonly key: 'lease', readonly owner: string, readonly at: number }
/** Choices of this user that belong to the data, such as favourite places; JSON-like. */
export interface PreferenceMeta { readonly key: `preference:${string}`, readonly value: unknown }
export type MetaRow = DeviceMeta | PullMeta | ClockMeta | ConfirmedMeta | LeaseMeta | PreferenceMeta

export class UserDatabase extends Dexie {
  declare readonly documents: EntityTable<DocumentRow, 'id'>
  declare readonly outbox: EntityTable<OutboxRow, 'seq'>
  declare readonly sent: Table<SentRow, [DeviceID, number]>
  declare readonly attention: Table<AttentionRow, [DeviceID, number]>
  declare readonly drafts: EntityTable<DraftRow, 'id'>
  declare readonly photos: EntityTable<PhotoRow, 'id'>
  declare readonly thumbs: EntityTable<PhotoBytesRow, 'id'>
  declare readonly photoBytes: EntityTable<PhotoBytesRow, 'id'>
  declare readonly meta: Table<MetaRow, string>

  /** True once this handle was let go for good: nothing may open it again. */
  released = false

  constructor(readonly user: UserID) {
    // Strict: a save that was answered survives the battery falling out.
    super(databaseName(user), { chromeTransactionDurability: 'strict' })
    this.version(1).stores({
      documents: 'id, kind, [kind+mine+sort]',
      outbox: 'seq, doc',
      sent: '[device+seq], doc, receivedAt',
      attention: '[device+seq], doc',
      drafts: 'id, updatedAt',
      photos: 'id, doc, state',
      thumbs: 'id',
      photoBytes: 'id',
      meta: 'key',
    })
  }

  /** Closes for good: another person signed in, or a newer release needs the database. Work under way fails with `outdated`. */
  release(): void {
    this.released = true
    this.close()
  }
}

export function databaseName(user: UserID): string {
  return `zoufang-${user}`
}

export interface OpenOptions {
  /** Another tab runs a newer release and needs this one to let go; the database is closed, the page should be reloaded. */
  readonly onOutdated?: () => void
  /** Another tab with an older release keeps the database open; opening goes on when it lets go. */
  readonly onBlocked?: () => void
}

/** Opens the database of `user`, making it if need be. Rejects with `StorageError` (see `durable.ts`) if the browser will not. */
export async function openDatabase(user: UserID, options: OpenOptions = {}): Promise<UserDatabase> {
  const db = new UserDatabase(user)
  db.on('versionchange', (event) => {
    db.release()
    // Without a new version the database is being removed: somebody signed out in another tab and says so by itself.
    if (event.newVersion !== null && event.newVersion > 0) options.onOutdated?.()
  })
  db.on('blocked', () => { options.onBlocked?.() })
  await db.open()
  return db
}

/** Removes everything this phone holds of `user`. Only after the person typed the number of records that are lost by it. */
export async function deleteDatabase(user: UserID): Promise<void> {
  await Dexie.delete(databaseName(user))
}
