import Dexie from 'dexie'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adoptDevice } from '@/db/adopt'
import { readPull } from '@/db/meta'
import { command, discard, dismiss, saveEdit } from '@/db/save'
import { createUploader } from '@/photo/upload'
import { Phone } from '@/test/phone'
import { type Fault, ModelServer } from '@/test/server'
import type { Cursor, DeviceID, Epoch } from '@/wire/generated'
import { applyAnswer, tidy } from './apply'
import { loadStatus } from './status'
import { loadVisit, loadVisits } from './visits'

let server: ModelServer
let phone: Phone

beforeEach(async () => {
  for (const name of await Dexie.getDatabaseNames()) await Dexie.delete(name)
  server = new ModelServer()
  phone = await Phone.open(server)
})

afterEach(() => {
  phone.loop.stop()
  phone.db.close()
})

/** Nothing lost, nothing doubled: the server has exactly these summaries, the phone shows the same, and nothing waits. */
async function expectEverywhere(...summaries: string[]): Promise<void> {
  const there = [...server.documents.values()].filter(doc => !doc.deleted).map(doc => doc.fields['summary'])
  expect(there.sort()).toEqual([...summaries].sort())
  const shown = (await loadVisits(phone.db, { limit: 100, whose: 'mine' })).map(view => view.visit.summary)
  expect(shown.sort()).toEqual([...summaries].sort())
  expect(await phone.db.outbox.count()).toBe(0)
}

/** An answer that says nothing, but with which the pull is at its end. */
const anAnswer = (epoch: string) => ({
  epoch, results: [], documents: [], removed: [], cursor: 'x', more: false, horizon: '', device: { upTo: 1, missing: [] }, serverTime: server.now,
})

describe('a push', () => {
  test('reaches the server once and is confirmed', async () => {
    const id = await phone.save('热水')
    expect((await loadVisit(phone.db, id))?.record.at).toBe('local')
    await phone.loop.kick('news')
    expect((await loadVisit(phone.db, id))?.record.at).toBe('confirmed')
    await expectEverywhere('热水')
    expect(await phone.db.sent.count()).toBe(1)
  })

  test.each<Fault>(['before', 'after', 'portal', 'error'])('whose answer is lost (%s) is sent again with the same bytes (I1, I2)', async (fault) => {
    await phone.save('热水')
    server.faults = [fault]
    await phone.loop.kick('news')
    expect(phone.loop.status.value.at).toBe('waiting')
    await phone.settle()
    await expectEverywhere('热水')
  })

  test('that was answered twice is taken once', async () => {
    await phone.save('热水')
    server.faults = ['after', 'after', 'after']
    await phone.settle(5)
    expect(server.journal.size).toBe(1)
    await expectEverywhere('热水')
  })

  test('carries what was saved while it was under way', async () => {
    await phone.save('一')
    await Promise.all([phone.loop.kick('news'), phone.save('二')])
    await phone.settle()
    await expectEverywhere('一', '二')
  })

  test('waits for nothing but its own document: one row at fault is found, sent unparsed and set aside (I5)', async () => {
    for (let i = 1; i <= 12; i++) await phone.save(`visit ${i}`)
    server.poison.add(7)
    await phone.settle(12)
    expect(await phone.db.outbox.count()).toBe(0)
    expect(server.documents.size).toBe(11)
    const [held] = await phone.db.attention.toArray()
    expect(held).toMatchObject({ seq: 7, outcome: 'held' })
    expect((await loadStatus(phone.db)).counts).toMatchObject({ local: 1, confirmed: 11, attention: 1 })
  })

  test('passes by what waits', async () => {
    await phone.save('一')
    await phone.save('二')
    await phone.db.outbox.update(1, { notBefore: server.now + 60_000, code: 'unsendable' })
    await phone.loop.kick('news')
    expect([...server.documents.values()].map(doc => doc.fields['summary'])).toEqual(['二'])
    await phone.settle()
    await expectEverywhere('一', '二')
  })

  test('during an outage is neither split nor set aside', async () => {
    for (let i = 1; i <= 4; i++) await phone.save(`visit ${i}`)
    server.alive = false
    await phone.settle(8)
    server.alive = true
    await phone.settle(1)
    expect(server.requests.filter(request => request.push > 0).map(request => request.push)).toEqual([4])
    expect(await phone.db.attention.count()).toBe(0)
  })

  test('that is refused stays on the phone with its reason', async () => {
    const id = await phone.save('热水')
    await phone.settle(1)
    await saveEdit(phone.db, id, 1, { set: { talked: { was: 9, now: -1 } } }, phone.clock)
    await phone.settle(1)
    const view = await loadVisit(phone.db, id)
    expect(view?.record).toMatchObject({ at: 'attention', items: [{ about: 'mutation', outcome: 'refused', code: 'invalid' }] })
    expect(view?.visit.talked).toBe(9)
  })

  test('goes on when this release is too old to be told documents', async () => {
    server.tooOld = true
    await phone.save('热水')
    await phone.loop.kick('news')
    expect(server.documents.size).toBe(1)
    expect(phone.loop.status.value).toEqual({ at: 'paused', why: 'update' })
    await phone.save('冷水')
    await phone.loop.kick('news')
    expect(server.documents.size).toBe(2)
  })
})

describe('a phone without any space', () => {
  test('still gets its records to the server, and keeps them until it can write down that it did', async () => {
    await phone.save('热水')
    const full = () => { throw new DOMException('full', 'QuotaExceededError') }
    phone.db.outbox.hook('updating', full)
    phone.db.sent.hook('creating', full)
    await phone.loop.kick('news')
    expect(phone.loop.status.value).toEqual({ at: 'paused', why: 'storage' })
    expect(server.documents.size).toBe(1)
    expect(await phone.db.outbox.count()).toBe(1)
    phone.db.outbox.hook('updating').unsubscribe(full)
    phone.db.sent.hook('creating').unsubscribe(full)
    await phone.loop.kick('tick')
    await expectEverywhere('热水')
    expect(server.journal.size).toBe(1)
  })
})

describe('a session that ended', () => {
  test('pauses once, deletes nothing, and goes on after sign-in', async () => {
    await phone.save('热水', 1)
    server.signedIn = false
    await phone.loop.kick('news')
    expect(phone.loop.status.value).toEqual({ at: 'paused', why: 'sign_in' })
    const asked = server.requests.length
    await phone.loop.kick('tick')
    await phone.loop.kick('news')
    expect(server.requests.length).toBe(asked)
    expect(await phone.db.outbox.count()).toBe(1)
    expect(await phone.db.photoBytes.count()).toBe(1)
    server.signedIn = true
    await phone.settle()
    await expectEverywhere('热水')
    expect(server.objects.size).toBe(1)
  })
})

describe('two tabs', () => {
  test('that save and send at once double nothing', async () => {
    const other = new Phone(server, 'tab-2')
    await Promise.all([phone.save('一'), other.save('二'), phone.save('三')])
    await Promise.all([phone.loop.kick('news'), other.loop.kick('news')])
    await phone.settle()
    await other.settle()
    expect(server.journal.size).toBe(3)
    await expectEverywhere('一', '二', '三')
    other.loop.stop()
    other.db.close()
  })

  test('a tab that froze while leading does not keep the others from sending', async () => {
    await phone.save('一')
    await phone.db.meta.put({ key: 'lease', owner: 'tab-frozen', at: server.now - 60_000 })
    await phone.loop.kick('news')
    await expectEverywhere('一')
  })

  test('a living tab is left to it', async () => {
    await phone.save('一')
    await phone.db.meta.put({ key: 'lease', owner: 'tab-alive', at: server.now })
    await phone.loop.kick('news')
    expect(server.documents.size).toBe(0)
  })
})

describe('a reset', () => {
  test('drops what the server no longer shows, in its last page, and never the queue', async () => {
    for (let i = 1; i <= 5; i++) await phone.save(`visit ${i}`)
    await phone.settle(1)
    const [first] = server.documents.keys()
    if (first !== undefined) server.documents.delete(first)
    await phone.save('waiting')
    server.pageSize = 2
    await phone.db.meta.put({ ...await readPull(phone.db), cursor: 'stale:0:' as Cursor })
    server.faults = ['none', 'none', 'before']
    await phone.loop.kick('news')
    expect(await phone.db.documents.count()).toBe(6) // cut in the middle: nothing is dropped yet
    await phone.settle()
    expect(server.documents.size).toBe(5)
    expect(await phone.db.documents.count()).toBe(5)
  })

  test('a page for an older cursor is not written', async () => {
    await phone.save('一')
    await phone.settle(1)
    const { cursor } = await readPull(phone.db)
    const stale = { ...anAnswer('e1'), removed: [{ id: (await phone.db.documents.toArray())[0]?.id ?? '', rev: 99 }] }
    const sent = { device: server.device as DeviceID, epoch: 'e1', acked: 1, cursor: 'older', batch: [] }
    const { pageTaken } = await applyAnswer(phone.db, sent as never, true, stale as never, phone.clock)
    expect(pageTaken).toBe(false)
    expect((await readPull(phone.db)).cursor).toBe(cursor)
    expect(await phone.db.documents.count()).toBe(1)
  })
})

describe('a store that came back from a backup', () => {
  test('gets everything again that was acknowledged and lost', async () => {
    await phone.save('一')
    await phone.settle(1)
    await phone.save('二')
    await phone.settle(1)
    await phone.save('三')
    // The backup was taken before the second.
    server.journal.delete('phone-1/2')
    for (const [id, doc] of server.documents) if (doc.fields['summary'] === '二') server.documents.delete(id)
    server.epoch = 'e2'
    await phone.loop.kick('news')
    await expectEverywhere('一', '二', '三')
    expect(server.requests.filter(request => request.push === 3)).toHaveLength(1)
    expect(await phone.db.documents.count()).toBe(3)
  })

  test('is not forgotten for an answer of its former life that comes late', async () => {
    await phone.save('一')
    await phone.settle(1)
    const late = { ...anAnswer('e1'), results: [] }
    const sent = { device: server.device as DeviceID, epoch: 'e1' as Epoch, acked: 1, cursor: 'e1:1:' as Cursor, batch: [] }
    server.epoch = 'e2'
    await phone.settle()
    await applyAnswer(phone.db, sent, true, late as never, phone.clock)
    expect((await readPull(phone.db)).epoch).toBe('e2')
    expect(await phone.db.outbox.count()).toBe(0)
  })

  test('replaces copies of the old epoch whatever their revision', async () => {
    const id = await phone.save('一')
    await phone.settle(1)
    const doc = server.documents.get(id)
    if (doc === undefined) throw new Error('no document')
    await phone.db.documents.update(id, { rev: 9, document: { ...doc, rev: 9 } })
    server.epoch = 'e2'
    await phone.settle()
    expect((await phone.db.documents.get(id))?.rev).toBe(1)
  })

  test('and says so itself by a gap below what was acknowledged', async () => {
    await phone.save('一')
    await phone.settle(1)
    server.journal.clear()
    server.documents.clear()
    await phone.settle()
    expect(server.journal.size).toBe(1)
    expect(server.documents.size).toBe(1)
  })
})

describe('a clock', () => {
  test('that jumps a year ahead and back forgets no receipt and parks nothing for a year', async () => {
    await phone.save('一')
    await phone.save('二')
    await phone.db.outbox.update(2, { notBefore: server.now + 365 * 86_400_000, code: 'unsendable' })
    phone.clock.now = () => server.now + 365 * 86_400_000 - 1000
    await phone.loop.kick('news')
    phone.clock.now = () => server.now
    await phone.settle(1)
    expect(await phone.db.sent.count()).toBe(2)
    await expectEverywhere('一', '二')
    phone.clock.now = () => server.now + 365 * 86_400_000
    await phone.settle(1)
    expect(await phone.db.sent.count()).toBe(2)
  })
})

describe('what cannot be shown as a visit any more', () => {
  test('a correction held because the visit was deleted elsewhere is on the queue page', async () => {
    const id = await phone.save('一')
    await phone.settle(1)
    const doc = server.documents.get(id)
    if (doc === undefined) throw new Error('no document')
    server.write({ ...doc, rev: doc.rev + 1, deleted: true })
    await saveEdit(phone.db, id, 1, { set: { talked: { was: 9, now: 12 } } }, phone.clock)
    await phone.settle(1)
    const { items, counts } = await loadStatus(phone.db)
    expect(counts.attention).toBe(1)
    expect(items.map(item => item.view.id)).toEqual([id])
  })

  test.each(['removed', 'reset', 'horizon'])('a correction that waits keeps its visit here (%s)', async (way) => {
    const id = await phone.save('一')
    await phone.settle(1)
    await saveEdit(phone.db, id, 1, { set: { talked: { was: 9, now: 12 } } }, phone.clock)
    const { cursor, epoch } = await readPull(phone.db)
    const page = {
      removed: { ...anAnswer(epoch), removed: [{ id, rev: 9 }] },
      reset: { ...anAnswer(epoch), reset: 'r' },
      horizon: { ...anAnswer(epoch), horizon: '2027-01-01' },
    }[way]
    await applyAnswer(phone.db, { device: server.device as DeviceID, epoch, acked: 1, cursor, batch: [] }, true, page as never, phone.clock)
    expect((await loadVisit(phone.db, id))?.visit.talked).toBe(12)
  })

  test('what the server no longer shows this person goes when they have dealt with it', async () => {
    const id = await phone.save('一')
    await phone.settle(1)
    await saveEdit(phone.db, id, 1, { set: { talked: { was: 9, now: 12 } } }, phone.clock)
    const told = async (answer: object) => {
      const { cursor, epoch } = await readPull(phone.db)
      const sent = { device: server.device as DeviceID, epoch, acked: 1, cursor, batch: [] }
      await applyAnswer(phone.db, sent, true, { ...anAnswer(epoch), cursor, ...answer } as never, phone.clock)
    }
    await told({ removed: [{ id, rev: 9 }] })
    server.documents.delete(id)
    server.refusals.set(2, 'no_document')
    await phone.settle(1)
    expect((await loadStatus(phone.db)).items).toHaveLength(1)
    await dismiss(phone.db, id, 2)
    expect((await loadStatus(phone.db)).items).toHaveLength(0)
    await told({ horizon: '2020-01-01' })
    expect(await phone.db.documents.count()).toBe(0)
  })
})

describe('a cloned phone', () => {
  test('asks to become a device of its own and sends everything under new numbers', async () => {
    await phone.save('一')
    server.journal.set('phone-1/1', { bytes: 'of the clone', outcome: 'applied' })
    await phone.save('二', 1)
    await phone.loop.kick('news')
    expect(phone.loop.status.value).toEqual({ at: 'paused', why: 'fork' })
    expect(phone.demanded).toContain('fork')
    expect(await phone.db.outbox.count()).toBe(2)
    server.device = 'phone-2'
    await adoptDevice(phone.db, 'phone-2' as DeviceID, server.now)
    await phone.settle()
    await expectEverywhere('一', '二')
    expect(server.objects.size).toBe(1)
    expect(await phone.db.sent.where('device').equals('phone-1').count().catch(() => 2)).toBe(2)
  })
})

describe('undo and discard', () => {
  test('a mutation that never left is replaced under its own number', async () => {
    const id = await phone.save('一', 1)
    expect(await discard(phone.db, 1)).toBe(true)
    expect(await loadVisit(phone.db, id)).toBeUndefined()
    await phone.save('二')
    await phone.settle()
    expect(server.journal.size).toBe(2)
    await expectEverywhere('二')
    expect(await phone.db.photoBytes.count()).toBe(0)
  })

  test('one that may have been sent is not: undo is a delete of its own', async () => {
    const id = await phone.save('一')
    server.faults = ['after']
    await phone.loop.kick('news')
    expect(await discard(phone.db, 1)).toBe(false)
    await command(phone.db, id, 0, { verb: 'delete' }, phone.clock)
    await phone.settle()
    await expectEverywhere()
  })
})

describe('photos', () => {
  test('follow the text; bytes leave after the receipt, the thumbnail stays', async () => {
    const id = await phone.save('一', 3)
    await phone.settle()
    expect(server.objects.size).toBe(3)
    expect(await phone.db.photoBytes.count()).toBe(0)
    expect(await phone.db.photos.count()).toBe(3)
    const view = await loadVisit(phone.db, id)
    expect(view?.record).toEqual({ at: 'confirmed', photos: { have: 3, want: 3 } })
  })

  test('cut at every request go on where they stood: sent at most size + one chunk for each cut', async () => {
    await phone.save('一')
    const id = await phone.save('二')
    const size = 1_400_000
    const photo = await phone.takePhoto(id, size)
    await saveEdit(phone.db, id, 1, { addPhotos: [photo] }, phone.clock)
    let cuts = 0
    while (server.objects.size === 0) {
      expect(cuts).toBeLessThan(20)
      // The text, its pull and the way back into the upload get through; then one chunk does, and the answer of the next is lost.
      const chunks = server.requests.filter(request => request.method === 'PATCH').length
      server.cutChunk = chunks + 2
      await phone.loop.kick('resume')
      if (phone.loop.status.value.at === 'waiting') cuts++
      server.now += 3_600_000
    }
    const bytes = server.requests.reduce((sum, request) => sum + request.bytes, 0)
    expect(cuts).toBeGreaterThan(1)
    expect(bytes).toBeLessThanOrEqual(size + cuts * 262_144)
    const [stored] = server.objects.values()
    expect(stored?.length).toBe(size)
  })

  test('of a visit that was taken back before they went stay here and go with it', async () => {
    const id = await phone.save('一', 1)
    await command(phone.db, id, 0, { verb: 'delete' }, phone.clock)
    await phone.settle()
    expect(server.objects.size).toBe(0)
    expect(await phone.db.photoBytes.count()).toBe(0)
  })

  test('of a text that waits do not go before it', async () => {
    await phone.save('一', 1)
    await phone.db.outbox.update(1, { notBefore: server.now + 60_000, code: 'unsendable' })
    await phone.loop.kick('news')
    expect(server.objects.size).toBe(0)
    await phone.settle()
    expect(server.objects.size).toBe(1)
  })

  test('never go under the cookie of somebody who signed in meanwhile: their bytes would leave this phone and reach nobody', async () => {
    await phone.save('一', 1)
    server.faults = ['none', 'before']
    await phone.loop.kick('news')
    expect(await phone.db.outbox.count()).toBe(0)
    server.device = 'phone-of-li'
    server.now += 3_600_000
    const session = { refresh: (force?: boolean) => Promise.resolve(force === true ? 'sign_in' as const : 'open' as const) }
    const uploader = createUploader({ db: phone.db, session, now: () => server.now, fetch: server.fetch })
    expect(await uploader.step(new AbortController().signal)).toBe('sign_in')
    expect(server.objects.size).toBe(0)
    expect(await phone.db.photoBytes.count()).toBe(1)
  })

  test('that another tab has just sent are not called lost', async () => {
    await phone.save('一', 1)
    server.faults = ['none', 'before']
    await phone.loop.kick('news')
    server.now += 3_600_000
    const fetching: typeof fetch = async (input, init) => {
      const answer = await server.fetch(input, init)
      if (init?.method === 'POST') { // meanwhile the other tab finishes
        await phone.db.photos.toCollection().modify({ state: 'stored' })
        await phone.db.photoBytes.clear()
        return new Response('{"code":"unprocessable","status":422}', { status: 422, headers: { Zoufang: '1' } })
      }
      return answer
    }
    const session = { refresh: () => Promise.resolve('open' as const) }
    await createUploader({ db: phone.db, session, now: () => server.now, fetch: fetching }).step(new AbortController().signal)
    expect((await phone.db.photos.toArray()).map(photo => photo.state)).toEqual(['stored'])
  })

  test('of a correction that is held for a person go to the server, and stay here until they are there', async () => {
    const id = await phone.save('一')
    await phone.settle(1)
    const photo = await phone.takePhoto(id)
    server.holds.add(2)
    await saveEdit(phone.db, id, 1, { addPhotos: [photo] }, phone.clock)
    server.faults = ['none', 'before']
    await phone.loop.kick('news')
    const [held] = await phone.db.attention.toArray()
    expect(held).toMatchObject({ seq: 2, outcome: 'held' })
    await dismiss(phone.db, id, 2)
    await tidy(phone.db, server.now)
    expect(await phone.db.photoBytes.count()).toBe(1)
    await phone.settle()
    expect(server.objects.size).toBe(1)
  })

  test('an upload the server forgot is begun again', async () => {
    await phone.save('一', 1)
    server.faults = ['none', 'none', 'after']
    await phone.loop.kick('news')
    server.staged.clear()
    await phone.settle()
    expect(server.objects.size).toBe(1)
  })
})

describe('a crash after any transaction or request', () => {
  test('loses and doubles nothing', async () => {
    for (let at = 1; at <= 40; at++) {
      phone.loop.stop()
      phone.db.close()
      for (const name of await Dexie.getDatabaseNames()) await Dexie.delete(name)
      server = new ModelServer()
      phone = await Phone.open(server)
      const summaries: string[] = []
      const crashed = crashAfter(phone, at)
      for (const summary of ['一', '二']) {
        try {
          await phone.save(summary, 1)
          summaries.push(summary)
        } catch (cause) {
          if (!crashed()) throw cause
          break
        }
      }
      if (!crashed()) await phone.loop.kick('news')
      const before = (await Dexie.getDatabaseNames()).length
      phone.reopen()
      expect(before).toBe(1)
      // What was answered as saved is there; a save whose answer was cut may be there or not, but whole.
      const shown = (await loadVisits(phone.db, { limit: 9, whose: 'mine' })).map(view => view.visit.summary)
      expect(shown).toEqual(expect.arrayContaining(summaries))
      await phone.settle(4)
      await expectEverywhere(...shown.map(String))
      expect(server.journal.size).toBe(shown.length)
      expect(server.objects.size).toBe(shown.length)
    }
  }, 60_000)
})

/** Makes the phone die after its `n`th transaction has been committed: nothing it does from then on has an effect. */
function crashAfter(on: Phone, n: number): () => boolean {
  let count = 0
  let dead = false
  const real = on.db.transaction.bind(on.db) as (...args: unknown[]) => Promise<unknown>
  const died = () => Promise.reject(new Error('the phone died'))
  Object.defineProperty(on.db, 'transaction', {
    value: async (...args: unknown[]) => {
      if (dead) return await died()
      const result = await real(...args)
      if (++count < n) return result
      dead = true
      on.loop.stop()
      return await died()
    },
  })
  return () => dead
}
