/**
 * Photos on their way: tus 1.0 by hand, because our chunks follow the measured rate, the address of an upload lives in the
 * database across reloads, and the end is our own header. One photo at a time, two when the line is fast; a photo goes only
 * after the text that names it. Its bytes leave the phone when the server has said that they are durable, its thumbnail stays.
 */
import type { SessionKeeper } from '@/auth/session'
import { durable } from '@/db/durable'
import { readMeta } from '@/db/meta'
import { isHeld } from '@/db/photos'
import type { PhotoRow, UserDatabase } from '@/db/schema'
import { stopIfAborted } from '@/sync/abort'
import type { Step, Uploader } from '@/sync/loop'
import { backoff, uploadOrder } from '@/sync/plan'
import { namesPhoto } from '@/sync/state'
import type { DeviceID, DocID } from '@/wire/generated'
import { asProblem, parseJSON } from '@/wire/guards'

const uploads = '/api/v1/uploads'
/** Bytes in one PATCH: what a cut can cost at most. */
const smallest = 64 * 1024
const largest = 256 * 1024
/** A chunk should take about this long, ms; a line this fast, bytes per ms, carries two photos at once. */
const wanted = 2_000
const fast = 400
/** Silence after which a request is given up, ms, and the slowest line we wait for, bytes per ms. */
const silence = 20_000
const slowest = 4

export interface UploadHost {
  readonly db: UserDatabase
  readonly session: Pick<SessionKeeper, 'refresh'>
  readonly now: () => number
  /** The browser's, unless a test hands in another. */
  readonly fetch?: typeof fetch
  readonly random?: () => number
}

/** How one upload ended. */
type End =
  | { readonly at: 'stored' }
  /** Nobody knows: offline, cut, or the server is in trouble. */
  | { readonly at: 'unknown', readonly seconds?: number }
  | { readonly at: 'sign_in' }
  /** The server will never take it as it is. */
  | { readonly at: 'refused', readonly code: string }

type Reply = { readonly at: 'reply', readonly response: Response, readonly code: string } | { readonly at: 'unknown' }

export function createUploader(host: UploadHost): Uploader {
  const { db, now } = host
  const send: typeof fetch = host.fetch ?? ((input, init) => fetch(input, init))
  /** What the line carried lately, bytes per ms. */
  let rate = 0
  let device: DeviceID | undefined

  async function step(signal: AbortSignal): Promise<Step> {
    const open = await openPhotos(db)
    const due = open.filter(photo => photo.notBefore <= now())
    // Nothing is done while a photo waits for its next try: the loop has to come back for it.
    if (due.length === 0) return open.length === 0 ? 'done' : { wait: 'offline', seconds: (Math.min(...open.map(photo => photo.notBefore)) - now()) / 1000 }
    device = (await readMeta(db, 'device'))?.id
    if (device === undefined || await host.session.refresh() === 'sign_in') return 'sign_in'
    const ends = await Promise.all(due.slice(0, rate > fast ? 2 : 1).map(async photo => await note(photo, await upload(photo, signal))))
    return ends.find(end => end !== 'more') ?? 'more'
  }

  /** Writes down how an upload ended. */
  async function note(photo: PhotoRow, end: End): Promise<Step> {
    switch (end.at) {
      case 'stored':
        await durable(db, () => db.transaction('rw', [db.photos, db.photoBytes], async () => {
          await db.photos.update(photo.id, { state: 'stored', offset: photo.manifest.bytes, url: '', code: '' })
          await db.photoBytes.delete(photo.id)
        }))
        return 'more'
      case 'refused':
        // Not if another tab has sent it meanwhile.
        await durable(db, () => db.photos.where('id').equals(photo.id).filter(({ state }) => state === 'waiting')
          .modify({ state: 'attention', code: end.code, url: '', offset: 0 }))
        return 'more'
      case 'sign_in': {
        const access = await host.session.refresh(true)
        await postpone(photo, 0)
        return access === 'open' ? 'more' : access === 'offline' ? { wait: 'offline' } : 'sign_in'
      }
      case 'unknown':
        await postpone(photo, end.seconds ?? 0)
        return { wait: 'offline', ...(end.seconds !== undefined && { seconds: end.seconds }) }
    }
  }

  async function postpone({ id }: PhotoRow, seconds: number): Promise<void> {
    // The row as it is now: a try that got on before it broke off has begun to count anew.
    const attempts = (await db.photos.get(id))?.attempts ?? 0
    const delay = Math.max(backoff(attempts, (host.random ?? Math.random)()), seconds * 1000)
    await db.photos.update(id, { attempts: attempts + 1, notBefore: now() + delay })
  }

  async function upload(photo: PhotoRow, signal: AbortSignal): Promise<End> {
    const bytes = (await durable(db, () => db.photoBytes.get(photo.id)))?.data
    if (bytes === undefined) return { at: 'refused', code: 'bytes_lost' }
    let at = photo.url === '' ? await create(photo, signal) : await resume(photo, signal)
    for (;;) {
      stopIfAborted(signal)
      if (at.at !== 'open') return at
      at = await append(photo, at.url, bytes, at.offset, signal)
    }
  }

  type Progress = End | { readonly at: 'open', readonly url: string, readonly offset: number }

  async function create(photo: PhotoRow, signal: AbortSignal): Promise<Progress> {
    const reply = await request('POST', uploads, {
      'Upload-Length': String(photo.manifest.bytes),
      'Upload-Metadata': `sha256 ${btoa(photo.manifest.sha256)},type ${btoa('image/jpeg')}`,
    }, undefined, signal)
    if (reply.at === 'unknown') return reply
    if (isDone(reply.response)) return { at: 'stored' }
    const url = reply.response.headers.get('Location')
    if (reply.response.status !== 201 || url === null || !url.startsWith(`${uploads}/`)) return failure(reply)
    return await stand(photo, url, offsetOf(reply.response) ?? 0)
  }

  /** Asks where an upload of an earlier try stands; one that is gone is begun again. */
  async function resume(photo: PhotoRow, signal: AbortSignal): Promise<Progress> {
    const reply = await request('HEAD', photo.url, {}, undefined, signal)
    if (reply.at === 'unknown') return reply
    if (isDone(reply.response)) return { at: 'stored' }
    const offset = offsetOf(reply.response)
    if (reply.response.ok && offset !== undefined) return await stand(photo, photo.url, offset)
    if (reply.response.status === 404 || reply.response.status === 410) return await create({ ...photo, url: '' }, signal)
    return failure(reply)
  }

  async function append(photo: PhotoRow, url: string, bytes: ArrayBuffer, offset: number, signal: AbortSignal): Promise<Progress> {
    const chunk = bytes.slice(offset, offset + chunkSize(rate))
    const began = performance.now()
    const reply = await request('PATCH', url, { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) }, chunk, signal)
    if (reply.at === 'unknown') return reply
    if (isDone(reply.response)) return { at: 'stored' }
    const { status } = reply.response
    const next = offsetOf(reply.response)
    if (status === 204 && next !== undefined && next > offset) {
      rate = chunk.byteLength / Math.max(1, performance.now() - began)
      return await stand(photo, url, next)
    }
    // It stands elsewhere than we thought, or is gone: what the server says counts. Only once, or two sides argue for ever.
    if (status === 409 || status === 404 || status === 410) {
      const told = await resume({ ...photo, url }, signal)
      return told.at === 'open' && told.url === url && told.offset === offset ? { at: 'unknown' } : told
    }
    return failure(reply)
  }

  /** Writes down where an upload stands, so that a reload goes on there. */
  async function stand({ id }: PhotoRow, url: string, offset: number): Promise<Progress> {
    await durable(db, () => db.transaction('rw', db.photos, async () => {
      const isFurther = offset > ((await db.photos.get(id))?.offset ?? 0)
      await db.photos.update(id, { url, offset, ...(isFurther && { attempts: 0 }) })
    }))
    return { at: 'open', url, offset }
  }

  async function request(method: string, path: string, headers: Record<string, string>, body: ArrayBuffer | undefined, signal: AbortSignal): Promise<Reply> {
    stopIfAborted(signal)
    const abort = new AbortController()
    const cancel = () => { abort.abort() }
    signal.addEventListener('abort', cancel)
    const timer = setTimeout(cancel, silence + (body?.byteLength ?? 0) / slowest)
    try {
      const response = await send(path, {
        method, credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal: abort.signal,
        // Cookies are the browser's: another tab may have signed in somebody else, who must not be given these bytes.
        headers: { 'Zoufang': '1', 'Zoufang-Device': device ?? '', 'Tus-Resumable': '1.0.0', ...headers }, ...(body !== undefined && { body }),
      })
      if (response.headers.get('Zoufang') !== '1') return { at: 'unknown' }
      const code = response.ok || method === 'HEAD' ? '' : asProblem(parseJSON(await response.text()))?.code ?? ''
      return { at: 'reply', response, code }
    } catch {
      stopIfAborted(signal)
      return { at: 'unknown' }
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    }
  }

  return { step }
}

/** What an answer means that is no progress. Only what can never succeed is the person's business. */
function failure(reply: Extract<Reply, { at: 'reply' }>): End {
  const { status, headers } = reply.response
  switch (status) {
    case 401: return { at: 'sign_in' }
    case 403: return reply.code === 'forbidden' || reply.code === '' ? { at: 'sign_in' } : { at: 'unknown' }
    case 413:
    case 415:
    case 422: return { at: 'refused', code: reply.code === '' ? 'unprocessable' : reply.code }
    case 429:
    case 503:
    case 507: return { at: 'unknown', seconds: Number(headers.get('Retry-After')) || 5 }
    default: return { at: 'unknown' }
  }
}

/** How much the next PATCH carries at the measured rate (bytes per ms; 0 = not measured yet), bytes. */
export function chunkSize(rate: number): number {
  return Math.min(largest, Math.max(smallest, Math.floor(rate * wanted / 1024) * 1024))
}

function isDone(response: Response): boolean {
  return response.ok && response.headers.get('Zoufang-Done') === '1'
}

function offsetOf(response: Response): number | undefined {
  const text = response.headers.get('Upload-Offset')
  const offset = Number(text)
  return text === null || !Number.isSafeInteger(offset) || offset < 0 ? undefined : offset
}

/** The photos that may go, in order: their text has its receipt and was not refused. Those of a text that is held go as well. */
async function openPhotos(db: UserDatabase): Promise<PhotoRow[]> {
  return await durable(db, () => db.transaction('r', [db.photos, db.outbox, db.sent, db.attention, db.documents], async () => {
    const open: PhotoRow[] = []
    const starts = new Map<DocID, string>()
    for (const photo of await db.photos.where('state').equals('waiting').toArray()) {
      if (await db.outbox.get(photo.seq) !== undefined) continue
      const isRefused = await db.attention.where('doc').equals(photo.doc).filter(row => row.seq === photo.seq && row.outcome === 'refused').count() > 0
      const row = await db.documents.get(photo.doc)
      // What was taken back meanwhile does not leave the phone; the loop tidies it away.
      const isWanted = row === undefined || namesPhoto(row.document, photo.id) || (!row.document.deleted && await isHeld(db, photo))
      if (isRefused || !isWanted) continue
      open.push(photo)
      starts.set(photo.doc, row?.sort ?? '')
    }
    return uploadOrder(open, doc => starts.get(doc) ?? '')
  }))
}
