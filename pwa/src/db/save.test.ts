import Dexie from 'dexie'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Phone } from '@/test/phone'
import { ModelServer } from '@/test/server'
import { aVisit } from '@/test/phone'
import { asMutation } from '@/wire/guards'
import { dropDraft, putDraft, readDraft } from './drafts'
import { StorageError } from './durable'
import { newID } from './id'
import { saveEdit, saveVisit } from './save'

let phone: Phone

beforeEach(async () => {
  for (const name of await Dexie.getDatabaseNames()) await Dexie.delete(name)
  phone = await Phone.open(new ModelServer())
})

afterEach(() => { phone.db.close() })

/** Makes the next write to `store` fail the way a full disk does. */
function fillDisk(store: 'outbox' | 'photoBytes' | 'drafts'): () => void {
  const refuse = () => { throw new DOMException('full', 'QuotaExceededError') }
  phone.db[store].hook('creating', refuse)
  return () => { phone.db[store].hook('creating').unsubscribe(refuse) }
}

describe('saving', () => {
  test('is one mutation with the photos, and the draft is gone', async () => {
    const id = newID()
    await putDraft(phone.db, id, 0, { talked: 9 })
    const photo = await phone.takePhoto(id)
    expect(await saveVisit(phone.db, id, aVisit('热水'), phone.clock)).toEqual({ at: 'saved', seq: 1 })
    const row = await phone.db.outbox.get(1)
    const mutation = asMutation(row?.bytes ?? '')
    expect(mutation).toMatchObject({ device: 'phone-1', seq: 1, kind: 'visit', doc: id, base: 0, command: { verb: 'submit' } })
    expect(mutation?.append?.['photos']).toMatchObject([{ id: photo, takenAt: '2026-11-23T01:00:00.000Z' }])
    expect(mutation?.set?.['when']).toEqual({ was: null, now: { start: '2026-11-23T01:30:00.000Z', minutes: 30 } })
    expect(await phone.db.drafts.count()).toBe(0)
    expect((await phone.db.photos.get(photo))?.state).toBe('waiting')
  })

  test('twice saves once, and a late autosave does not bring the draft back', async () => {
    const id = newID()
    await putDraft(phone.db, id, 0, {})
    await Promise.all([saveVisit(phone.db, id, aVisit()), saveVisit(phone.db, id, aVisit())])
    await putDraft(phone.db, id, 0, {})
    expect(await phone.db.outbox.count()).toBe(1)
    expect(await phone.db.drafts.count()).toBe(0)
    await phone.settle(1)
    expect(await saveVisit(phone.db, id, aVisit())).toEqual({ at: 'already' })
  })

  test('counts 1, 2, 3 without a gap, in all tabs together', async () => {
    const other = new Phone(phone.server, 'tab-2')
    await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? phone : other).save(`visit ${i}`)))
    expect(await phone.db.outbox.orderBy('seq').keys()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    other.db.close()
  })

  test('on a full disk writes nothing at all: draft, photos and number are as before', async () => {
    const id = newID()
    await putDraft(phone.db, id, 0, { talked: 9 })
    await phone.takePhoto(id)
    const free = fillDisk('outbox')
    await expect(saveVisit(phone.db, id, aVisit())).rejects.toMatchObject({ name: 'StorageError', fault: 'full' })
    free()
    expect(await readDraft(phone.db, id)).toMatchObject({ form: { talked: 9 } })
    expect((await phone.db.photos.toArray()).map(photo => photo.state)).toEqual(['draft'])
    expect(await saveVisit(phone.db, id, aVisit())).toEqual({ at: 'saved', seq: 1 })
  })

  test('a photo on a full disk leaves the form as it was', async () => {
    const id = newID()
    await putDraft(phone.db, id, 0, { talked: 9 })
    const free = fillDisk('photoBytes')
    await expect(phone.takePhoto(id)).rejects.toBeInstanceOf(StorageError)
    free()
    expect(await phone.db.photos.count()).toBe(0)
    expect(await readDraft(phone.db, id)).toMatchObject({ form: { talked: 9 } })
  })

  test('a correction is rebased, and removing a photo keeps its bytes until the server agrees', async () => {
    const id = await phone.save('热水', 1)
    const [photo] = await phone.db.photos.toArray()
    if (photo === undefined) throw new Error('no photo')
    await saveEdit(phone.db, id, 0, { set: { talked: { was: 9, now: 12 } }, removePhotos: [photo.id] }, phone.clock)
    expect(await phone.db.photoBytes.count()).toBe(1)
    await phone.settle()
    expect(phone.server.documents.get(id)?.fields['talked']).toBe(12)
    expect(await phone.db.photoBytes.count()).toBe(0)
    expect(await phone.db.photos.count()).toBe(0)
  })
})

describe('drafts', () => {
  test('given up take their photos with them', async () => {
    const id = newID()
    await putDraft(phone.db, id, 0, {})
    await phone.takePhoto(id)
    await dropDraft(phone.db, id)
    expect(await phone.db.photoBytes.count()).toBe(0)
    expect(await phone.db.drafts.count()).toBe(0)
  })

  test('take at most nine photos', async () => {
    const id = newID()
    for (let i = 0; i < 11; i++) await phone.takePhoto(id, 1000)
    expect(await phone.db.photos.count()).toBe(9)
  })
})
