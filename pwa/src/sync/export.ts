/** The last resort: everything that is only on this phone, as a .zip a person can open. Loaded when asked for. */
import type { UserDatabase } from '@/db/schema'
import { parseJSON } from '@/wire/guards'
import { zip, type ZipEntry } from './zip'

export interface Exported { readonly file: Blob, readonly name: string, readonly visits: number, readonly photos: number }

/**
 * Collects queued and refused mutations, drafts and unsent photos: `records.json` beside `photos/<id>.jpg`. Nothing on the
 * phone changes. The file is not encrypted.
 */
export async function exportUnsent(db: UserDatabase, now: number = Date.now()): Promise<Exported> {
  const outbox = await db.outbox.orderBy('seq').toArray()
  const attention = await db.attention.toArray()
  const drafts = await db.drafts.toArray()
  const photos = await db.photos.where('state').notEqual('stored').toArray()
  const records = {
    format: 'zoufang-export/1', user: db.user, exportedAt: new Date(now).toISOString(), app: __APP_VERSION__,
    waiting: outbox.map(row => parseJSON(row.bytes)),
    attention: attention.map(({ bytes, outcome, code }) => ({ outcome, code, mutation: parseJSON(bytes) })),
    drafts: drafts.map(({ id, form, updatedAt }) => ({ id, form, updatedAt })),
    photos: photos.map(({ id, doc, manifest }) => ({ id, visit: doc, sha256: manifest.sha256, takenAt: manifest.takenAt, file: `photos/${id}.jpg` })),
  }
  let packed = 0
  async function* entries(): AsyncGenerator<ZipEntry> {
    yield { name: 'records.json', bytes: new TextEncoder().encode(JSON.stringify(records, null, 2)) }
    for (const { id } of photos) { // one at a time: the bytes of all at once would be too much for a small phone
      const row = await db.photoBytes.get(id)
      if (row === undefined) continue
      packed++
      yield { name: `photos/${id}.jpg`, bytes: new Uint8Array(row.data) }
    }
  }
  const file = await zip(entries(), now)
  const visits = new Set([...outbox, ...attention].map(row => row.doc)).size
  return { file, name: `zoufang-${new Date(now).toISOString().slice(0, 10)}.zip`, visits, photos: packed }
}

/** Hands the file to the share sheet if there is one, else to the downloads. Resolves false if the person closed the sheet. */
export async function handOver({ file, name }: Exported): Promise<boolean> {
  const shared = new File([file], name, { type: 'application/zip' })
  if (typeof navigator.canShare === 'function' && navigator.canShare({ files: [shared] })) {
    try {
      await navigator.share({ files: [shared] })
      return true
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'AbortError') return false
      // The sheet does not take files of this kind: download it.
    }
  }
  const url = URL.createObjectURL(shared)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => { URL.revokeObjectURL(url) }, 60_000)
  return true
}
