import Dexie from 'dexie'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { UserID } from '@/wire/generated'
import { durable } from './durable'
import { UserDatabase } from './schema'

let db: UserDatabase

beforeEach(async () => {
  for (const name of await Dexie.getDatabaseNames()) await Dexie.delete(name)
  db = new UserDatabase('u1' as UserID)
  await db.open()
})

afterEach(() => { db.close() })

/** Fails the way WebKit does after a pause in the background, then works. */
function lostOnce<T>(after: Promise<void>, work: () => PromiseLike<T>): () => Promise<T> {
  let isLost = true
  return async () => {
    if (!isLost) return await work()
    isLost = false
    await after
    throw new DOMException('Connection to Indexed Database server lost', 'UnknownError')
  }
}

test('a lost connection is opened once for all who noticed, and cuts off nobody', async () => {
  let closed = 0
  const close = db.close.bind(db)
  db.close = (options) => { closed++; close(options) }
  let later: () => void = () => undefined
  const noticedLater = new Promise<void>((resolve) => { later = resolve })
  const second = durable(db, lostOnce(noticedLater, () => db.drafts.count()))
  const first = durable(db, lostOnce(Promise.resolve(), () => db.transaction('rw', db.drafts, async () => {
    later() // the other fails while this one works
    await db.drafts.put({ id: 'a' as never, base: 0, form: {}, createdAt: 0, updatedAt: 0 })
    return await db.drafts.count()
  })))
  expect(await first).toBe(1)
  expect(await second).toBe(1)
  expect(closed).toBe(1)
})
