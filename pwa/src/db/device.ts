/**
 * What this phone knows before anybody's database is open: who signed in here, as which device, with which key. The keys
 * are not extractable: they sign, and cannot be read or copied out.
 */
import Dexie, { type EntityTable, type Table } from 'dexie'
import type { DeviceID, Session, UserID } from '@/wire/generated'

/** One person's installation on this phone. */
export interface KnownUser {
  readonly user: UserID
  readonly username: string
  readonly device: DeviceID
  readonly keys: CryptoKeyPair
  /** As the server last told it, without tokens. */
  readonly session: Session
  /** The nonce of a refresh that was sent and not answered, else empty: its retry must carry the same. */
  readonly nonce: string
  /** Unix ms. */
  readonly usedAt: number
}

/** current: who is signed in; signOut: somebody signed out while offline, and the server does not know yet. */
type FactRow = { readonly key: 'current', readonly user: UserID } | { readonly key: 'signOut', readonly user: UserID }

export class DeviceDatabase extends Dexie {
  declare readonly users: EntityTable<KnownUser, 'user'>
  declare readonly facts: Table<FactRow, FactRow['key']>

  constructor() {
    super('zoufang-device', { chromeTransactionDurability: 'strict' })
    this.version(1).stores({ users: 'user, username', facts: 'key' })
  }
}

/** Who is signed in on this phone, or undefined. */
export async function currentUser(db: DeviceDatabase): Promise<KnownUser | undefined> {
  const fact = await db.facts.get('current')
  return fact === undefined ? undefined : await db.users.get(fact.user)
}

/** Writes down a sign-in: from now on this is the phone's user. */
export async function enter(db: DeviceDatabase, known: KnownUser): Promise<void> {
  await db.transaction('rw', [db.users, db.facts], async () => {
    await db.users.put(known)
    await db.facts.put({ key: 'current', user: known.user })
    await db.facts.delete('signOut')
  })
}

/** Nobody is signed in any more; the person's data and key stay. `told` says whether the server knows. */
export async function leave(db: DeviceDatabase, user: UserID, told: boolean): Promise<void> {
  await db.transaction('rw', [db.facts], async () => {
    await db.facts.delete('current')
    if (told) await db.facts.delete('signOut')
    else await db.facts.put({ key: 'signOut', user })
  })
}
