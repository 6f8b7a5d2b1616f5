import type { DeviceID } from '@/wire/generated'
import { asMutation } from '@/wire/guards'
import { durable } from './durable'
import { readMeta } from './meta'
import type { OutboxRow, UserDatabase } from './schema'

/**
 * Makes `device` the one this database counts for. If it was another before (the server answered `fork`, or no longer knew
 * the old one), every mutation without a receipt is written anew under the new device's numbers, in order; the old rows
 * are kept in `sent`. One transaction.
 */
export async function adoptDevice(db: UserDatabase, device: DeviceID, now: number): Promise<void> {
  await durable(db, () => db.transaction('rw', [db.meta, db.outbox, db.sent, db.photos], async () => {
    const before = await readMeta(db, 'device')
    if (before?.id === device) return
    const rows = await db.outbox.orderBy('seq').toArray()
    await db.outbox.clear()
    let next = 1
    const renumbered: OutboxRow[] = []
    for (const row of rows) {
      const mutation = asMutation(row.bytes)
      if (before === undefined || mutation === undefined) throw new Error('a queue row that is no mutation of ours')
      const { attempts: _a, opaque: _o, notBefore: _n, code: _c, ...kept } = row
      await db.sent.put({ ...kept, device: before.id, receivedAt: now, outcome: 'renumbered' })
      await db.photos.where('doc').equals(row.doc).filter(photo => photo.seq === row.seq && photo.state !== 'stored').modify({ seq: -next })
      renumbered.push({ ...row, seq: next, bytes: JSON.stringify({ ...mutation, device, seq: next }), attempts: 0, opaque: false, notBefore: 0, code: '' })
      next++
    }
    // Negative meanwhile, so that a photo moved to 3 is not moved again with the row that was 3.
    await db.photos.filter(photo => photo.seq < 0).modify((photo, ref) => { ref.value = { ...photo, seq: -photo.seq } })
    await db.outbox.bulkAdd(renumbered)
    await db.meta.put({ key: 'device', id: device, next })
  }))
}
