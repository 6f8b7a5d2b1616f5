import Dexie from 'dexie'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { putDraft } from '@/db/drafts'
import { newID } from '@/db/id'
import { Phone } from '@/test/phone'
import { ModelServer } from '@/test/server'
import { exportUnsent } from './export'

let phone: Phone

beforeEach(async () => {
  for (const name of await Dexie.getDatabaseNames()) await Dexie.delete(name)
  phone = await Phone.open(new ModelServer())
})

afterEach(() => {
  phone.loop.stop()
  phone.db.close()
})

test('holds every record, draft and photo that is only here, and changes nothing', async () => {
  await phone.save('热水', 2)
  await putDraft(phone.db, newID(), 0, { summary: '草稿' })
  const { file, visits, photos } = await exportUnsent(phone.db, phone.server.now)
  expect({ visits, photos }).toEqual({ visits: 1, photos: 2 })
  const bytes = new Uint8Array(await file.arrayBuffer())
  const text = new TextDecoder().decode(bytes)
  expect(text).toContain('热水')
  expect(text).toContain('草稿')
  for (const { data } of await phone.db.photoBytes.toArray()) expect(Buffer.from(bytes).includes(Buffer.from(data))).toBe(true)
  const end = new DataView(bytes.buffer, bytes.length - 22)
  expect(end.getUint32(0, true)).toBe(0x06054b50)
  expect(end.getUint16(10, true)).toBe(3)
  expect(new DataView(bytes.buffer).getUint32(end.getUint32(16, true), true)).toBe(0x02014b50)
  expect(await phone.db.outbox.count()).toBe(1)
})
