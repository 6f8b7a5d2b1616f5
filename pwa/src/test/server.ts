/**
 * A server small enough to be seen through, for tests of the phone alone: journal, documents, change order and staged
 * photos in memory, merging by our own twin. What the real one does is proven with the real one (`e2e/`).
 */
import { pushedTexts } from './bytes'
import { change, editedAt } from '@/sync/merge'
import { kinds } from '@/sync/rules'
import { isLiving, listOf, type State, stateOf } from '@/sync/state'
import type { Code, DocID, Document, Mutation, Result, UserID } from '@/wire/generated'

interface Entry { readonly bytes: string, readonly outcome: Result['outcome'], readonly code?: string }
interface Staged { readonly hash: string, readonly length: number, bytes: Uint8Array, readonly user: UserID }

/** What the network does with one request: before means the server never sees it, after means the answer is lost. */
export type Fault = 'none' | 'before' | 'after' | 'portal' | 'error'

export class ModelServer {
  epoch = 'e1'
  now = Date.parse('2026-11-23T02:00:00Z')
  device = 'phone-1'
  user = '01980000-0000-7000-8000-00000000000a' as UserID
  journal = new Map<string, Entry>()
  documents = new Map<DocID, State & { changed: number }>()
  staged = new Map<string, Staged>()
  objects = new Map<string, Uint8Array>()
  /** Taken once, in order, one for each request to come. */
  faults: Fault[] = []
  /** The chunk of a photo, counted from 1 over all, whose answer is lost. */
  cutChunk = 0
  /** Numbers whose bytes this server chokes on. */
  poison = new Set<number>()
  /** Numbers this server keeps for a person to look at. */
  holds = new Set<number>()
  /** Codes with which it refuses numbers. */
  refusals = new Map<number, Code>()
  signedIn = true
  passwordDue = false
  alive = true
  tooOld = false
  pageSize = 500
  resets = 0
  refreshes: string[] = []
  requests: { path: string, method: string, push: number, bytes: number }[] = []
  private counter = 0

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const path = input instanceof Request ? input.url : String(input)
    const { method = 'GET' } = init
    const fault = this.faults.shift() ?? 'none'
    const size = init.body instanceof ArrayBuffer ? init.body.byteLength : 0
    if (!this.alive || fault === 'before') throw new TypeError('Failed to fetch')
    if (fault === 'portal') return new Response('<html>welcome</html>', { status: 200 })
    if (fault === 'error') return new Response('oops', { status: 502 })
    const response = await Promise.resolve(this.route(path, method, init))
    this.requests.push({ path, method, push: path.endsWith('/sync') ? (JSON.parse(textOf(init)) as { push: unknown[] }).push.length : 0, bytes: size })
    const isCut = method === 'PATCH' && this.requests.filter(request => request.method === 'PATCH').length === this.cutChunk
    if (fault === 'after' || isCut) throw new TypeError('Failed to fetch')
    return response
  }

  private route(path: string, method: string, init: RequestInit): Response | Promise<Response> {
    const headers = new Headers(init.headers)
    if (headers.get('Zoufang') !== '1') return problem(403, 'origin')
    if (path === '/api/v1/sessions' && method === 'POST') return this.signIn(JSON.parse(textOf(init)) as { device?: string })
    if (path === '/api/v1/sessions/refresh') return this.refresh(JSON.parse(textOf(init)) as { nonce: string })
    if (path === '/api/v1/sessions/current') return json(204, null)
    if (!this.signedIn) return problem(401, 'unauthenticated')
    if (path === '/api/v1/me/password') return json(204, null)
    if (path === '/api/v1/sync') return this.sync(textOf(init))
    const device = headers.get('Zoufang-Device')
    if (device !== null && device !== this.device) return problem(403, 'forbidden')
    return this.upload(path, method, headers, init.body instanceof ArrayBuffer ? new Uint8Array(init.body) : new Uint8Array())
  }

  session() {
    return {
      user: this.user, school: 's', schoolName: '梧桐大学', username: 'zhang', name: '张老师', post: '处长', role: 'leader',
      device: this.device, admin: false, proxyFor: [], passwordDue: this.passwordDue, expiresAt: this.now + 600_000,
    }
  }

  private signIn({ device }: { device?: string }): Response {
    this.signedIn = true
    this.device = device ?? `phone-${++this.counter + 100}`
    return json(200, this.session())
  }

  private refresh({ nonce }: { nonce: string }): Response {
    this.refreshes.push(nonce)
    return this.signedIn ? json(200, this.session()) : problem(401, 'unauthenticated')
  }

  private sync(body: string): Response {
    if (this.tooOld && body.includes('"pull"')) return problem(426, 'update')
    const request = JSON.parse(body) as { device: string, epoch: string, acked: number, push: Mutation[], pull?: { cursor: string, limit: number } }
    if (request.device !== this.device) return problem(403, 'forbidden')
    if (request.push.some(mutation => this.poison.has(mutation.seq) && mutation.opaque === undefined)) return new Response('oops', { status: 500 })
    const texts = pushedTexts(body)
    const results: unknown[] = []
    if (request.epoch === '' || request.epoch === this.epoch) {
      for (const [i, mutation] of request.push.entries()) {
        const result = this.accept(mutation, mutation.opaque ?? texts[i] ?? '')
        results.push(result)
        if (result.outcome === 'fork') break
      }
    }
    const upTo = Math.max(0, ...[...this.journal.keys()].filter(key => key.startsWith(`${this.device}/`)).map(key => Number(key.split('/')[1])))
    const missing = Array.from({ length: upTo }, (_, i) => i + 1).filter(seq => !this.journal.has(`${this.device}/${seq}`)).map(seq => [seq, seq])
    const answer = {
      epoch: this.epoch, results, documents: [] as unknown[], removed: [], cursor: '', more: false, horizon: '',
      device: { upTo, missing }, serverTime: this.now, ...(request.pull !== undefined && this.page(request.pull.cursor)),
    }
    return json(200, answer)
  }

  /** Pages in change order from a cursor "epoch:changed:generation". */
  private page(cursor: string) {
    const [epoch, changed = '0', generation = ''] = cursor.split(':')
    const isReset = epoch !== this.epoch
    const reset = isReset ? `r${++this.resets}` : generation
    const from = isReset ? 0 : Number(changed)
    const after = [...this.documents.values()].filter(doc => doc.changed > from).sort((a, b) => a.changed - b.changed)
    const documents = after.slice(0, this.pageSize)
    const more = after.length > documents.length
    const to = documents.at(-1)?.changed ?? from
    return {
      documents: documents.filter(doc => reset === '' || !doc.deleted).map(strip),
      cursor: `${this.epoch}:${to}:${more ? reset : ''}`, more, ...(reset !== '' && { reset }),
    }
  }

  private accept(mutation: Mutation, bytes: string): Result {
    const { seq } = mutation
    const key = `${this.device}/${seq}`
    const known = this.journal.get(key)
    const base = { seq, ...this.told(mutation.doc) }
    if (known !== undefined && known.bytes !== bytes) return { seq, outcome: 'fork' }
    if (known !== undefined) return { ...base, outcome: known.outcome, again: true }
    const outcome = mutation.opaque !== undefined || this.holds.has(seq) ? 'held' : mutation.discarded === true ? 'applied' : this.refusals.has(seq) ? 'refused' : this.carryOut(mutation)
    this.journal.set(key, { bytes, outcome })
    return { seq, outcome, ...(outcome === 'refused' && { code: this.refusals.get(seq) ?? 'invalid' }), ...this.told(mutation.doc) }
  }

  private told(id: DocID | undefined): { document?: Document } {
    const doc = id === undefined ? undefined : this.documents.get(id)
    return doc === undefined ? {} : { document: strip(doc) }
  }

  private carryOut(mutation: Mutation): Result['outcome'] {
    const { kind = 'visit', doc } = mutation
    const rules = kinds[kind]
    if (rules === undefined || doc === undefined) return 'held'
    const known = this.documents.get(doc)
    if (known === undefined && mutation.base > 0) return 'refused'
    const time = new Date(this.now).toISOString()
    const next: State = known === undefined
      ? { kind, id: doc, schema: 1, rev: 0, fields: {}, marks: {}, applied: {}, conflicts: [], deleted: false, createdAt: time, updatedAt: time }
      : stateOf(strip(known))
    const call = {
      user: this.user, proxyFor: [], mutation, received: this.now, edited: editedAt(mutation, next, this.now), merged: false,
      holds: (_: unknown, hash: unknown) => this.objects.has(String(hash)),
    }
    const stopped = change(rules, next, call)
    if (stopped !== undefined) return stopped.verdict
    const before = next.applied[this.device] ?? { to: 0, and: [] }
    next.applied[this.device] = { to: 0, and: [...(before.and ?? []), mutation.seq] }
    this.write({ ...next, rev: next.rev + 1 })
    return call.merged ? 'merged' : 'applied'
  }

  /** Writes a document as another device or the office would. */
  write(doc: State): void {
    this.documents.set(doc.id, { ...doc, changed: ++this.counter })
  }

  private upload(path: string, method: string, headers: Headers, body: Uint8Array): Response {
    if (method === 'POST') {
      const hash = atob((headers.get('Upload-Metadata') ?? '').split(',')[0]?.split(' ')[1] ?? '')
      const length = Number(headers.get('Upload-Length'))
      if (this.objects.has(hash)) return json(201, null, { 'Location': `/api/v1/uploads/${hash}`, 'Upload-Offset': String(length), 'Zoufang-Done': '1' })
      const id = `u${++this.counter}`
      this.staged.set(id, { hash, length, bytes: new Uint8Array(), user: this.user })
      return json(201, null, { 'Location': `/api/v1/uploads/${id}`, 'Upload-Offset': '0' })
    }
    const staged = this.staged.get(path.split('/').at(-1) ?? '')
    if (staged === undefined) return problem(404, 'not_found')
    if (method === 'HEAD') return this.stands(200, staged)
    if (Number(headers.get('Upload-Offset')) !== staged.bytes.length) return problem(409, 'offset')
    const whole = new Uint8Array(staged.bytes.length + body.length)
    whole.set(staged.bytes)
    whole.set(body, staged.bytes.length)
    staged.bytes = whole
    return this.stands(204, staged)
  }

  private stands(status: number, staged: Staged): Response {
    const done = staged.bytes.length === staged.length
    if (done && !this.objects.has(staged.hash)) {
      this.objects.set(staged.hash, staged.bytes)
      for (const doc of this.documents.values()) {
        const photos = listOf(doc, 'photos').filter(isLiving) as { sha256: string }[]
        if (!photos.some(photo => photo.sha256 === staged.hash)) continue
        const have = photos.filter(photo => this.objects.has(photo.sha256)).length
        this.write({ ...doc, rev: doc.rev + 1, fields: { ...doc.fields, evidence: { state: have === photos.length ? 'complete' : 'pending', have, want: photos.length } } })
      }
    }
    return json(status, null, { 'Upload-Offset': String(staged.bytes.length), ...(done && { 'Zoufang-Done': '1' }) })
  }
}

function textOf(init: RequestInit): string {
  return typeof init.body === 'string' ? init.body : ''
}

function strip(doc: State & { changed?: number }): Document {
  const { changed: _, ...document } = doc
  return structuredClone(document)
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Zoufang': '1', 'Content-Type': 'application/json', ...headers } })
}

function problem(status: number, code: string): Response {
  return json(status, { type: 'about:blank', title: code, status, code, request: 'r' })
}
