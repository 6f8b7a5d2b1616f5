/** What to send next, when to try again, and what to do about a push that keeps failing. All pure. */
import type { OutboxRow, PhotoRow } from '@/db/schema'
import type { DocID } from '@/wire/generated'
import { MaxPushBytes, MaxPushMutations } from '@/wire/generated'
import { asMutation } from '@/wire/guards'

/** Part of the queue, in order of seq. */
export type Batch = readonly OutboxRow[]

/**
 * What is known about failing pushes, kept while the page lives. `limit` rows go at most; up to `suspect` (a seq, 0 = none)
 * lies the row that makes them fail; `failures` is how often the same rows failed in a row, `failed` says which.
 */
export interface PushPlan { readonly limit: number, readonly suspect: number, readonly failures: number, readonly failed: string }

export const calm: PushPlan = { limit: MaxPushMutations, suspect: 0, failures: 0, failed: '' }

/** How long a row waits that fails even unparsed, ms. */
export const parkedFor = 300_000

/** Equal failures after which a push is suspected rather than the network. */
const enough = 3

/**
 * The next rows to push: in order, at most what plan and protocol allow. A row that waits (`notBefore`) holds back only the
 * later rows of its own document (I5). An opaque row goes alone.
 */
export function nextBatch(queue: Batch, plan: PushPlan, now: number): Batch {
  const batch: OutboxRow[] = []
  const parked = new Set<DocID>()
  let bytes = 0
  for (const row of queue) {
    // A time later than any we set is of a clock that was wrong then.
    if (row.notBefore > now && row.notBefore <= now + parkedFor) parked.add(row.doc)
    if (parked.has(row.doc)) continue
    const isPastSuspects = plan.suspect > 0 && batch.length > 0 && row.seq > plan.suspect
    const size = utf8Length(wireText(row)) + 1
    if (isPastSuspects || batch.length >= limitFor(row, plan) || (batch.length > 0 && (bytes + size > MaxPushBytes || row.opaque))) break
    batch.push(row)
    bytes += size
    if (row.opaque) break
  }
  return batch
}

function limitFor(row: OutboxRow, plan: PushPlan): number {
  return row.seq <= plan.suspect ? plan.limit : MaxPushMutations
}

/** The text of a row on the wire: its bytes as they were stored, or those bytes unparsed inside an opaque mutation. */
export function wireText(row: OutboxRow): string {
  if (!row.opaque) return row.bytes
  const mutation = asMutation(row.bytes)
  return JSON.stringify({ device: mutation?.device, seq: row.seq, base: 0, opaque: row.bytes, at: mutation?.at, schema: mutation?.schema, app: mutation?.app })
}

/** Notes that pushing `batch` brought no answer that says what became of it. `suspicious`: probe whether the server answers an empty push. */
export function afterFailure(plan: PushPlan, batch: Batch): { readonly plan: PushPlan, readonly suspicious: boolean } {
  const failed = batch.map(row => `${row.seq}${row.opaque ? 'o' : ''}`).join()
  const failures = failed === plan.failed ? plan.failures + 1 : 1
  const needed = plan.suspect > 0 ? 1 : enough
  return { plan: { ...plan, failures, failed }, suspicious: batch.length > 0 && failures >= needed }
}

export type Remedy =
  /** Send less at a time. */
  | { readonly at: 'split', readonly plan: PushPlan }
  /** This one row is at fault: send it unparsed. */
  | { readonly at: 'opaque', readonly plan: PushPlan, readonly row: OutboxRow }
  /** Not even unparsed: let it wait, visibly, and go on with the others. */
  | { readonly at: 'park', readonly plan: PushPlan, readonly row: OutboxRow }

/** What to do about a batch that failed while the server answers everything else, or was too large. */
export function remedy(plan: PushPlan, batch: Batch): Remedy | undefined {
  const [first] = batch
  const last = batch.at(-1)
  if (first === undefined || last === undefined) return undefined
  if (batch.length > 1) return { at: 'split', plan: { ...calm, limit: Math.ceil(batch.length / 2), suspect: Math.max(plan.suspect, last.seq) } }
  return { at: first.opaque ? 'park' : 'opaque', plan: calm, row: first }
}

/** Notes an answer. Suspicion ends behind the last suspect. */
export function afterAnswer(plan: PushPlan, batch: Batch): PushPlan {
  const last = batch.at(-1)?.seq
  return last === undefined || last >= plan.suspect ? calm : { ...plan, failures: 0, failed: '' }
}

/** How long to wait, ms, before try `attempt` (0, 1, 2 …): full jitter over 1 s doubled up to 5 min. `random` is in [0, 1). */
export function backoff(attempt: number, random: number): number {
  return Math.round(random * Math.min(300_000, 1000 * 2 ** Math.min(attempt, 20)))
}

/** The photos to upload, in order: one that was begun, then those of the newest visit. `startOf` tells when a visit began. */
export function uploadOrder(photos: readonly PhotoRow[], startOf: (doc: DocID) => string): PhotoRow[] {
  return [...photos].sort((a, b) => {
    const begun = Number(b.offset > 0) - Number(a.offset > 0)
    const [mine, other] = [startOf(a.doc), startOf(b.doc)]
    return begun || (mine === other ? a.addedAt - b.addedAt : mine < other ? 1 : -1)
  })
}

const encoder = new TextEncoder()

function utf8Length(text: string): number {
  return encoder.encode(text).length
}
