import { describe, expect, test } from 'vitest'
import type { OutboxRow, PhotoRow } from '@/db/schema'
import type { DocID } from '@/wire/generated'
import { afterAnswer, afterFailure, backoff, calm, nextBatch, type PushPlan, remedy, uploadOrder, wireText } from './plan'

function row(seq: number, more: Partial<OutboxRow> = {}): OutboxRow {
  const bytes = JSON.stringify({ device: 'd', seq, at: 0, schema: 1, app: '1' })
  return { seq, kind: 'visit', doc: `doc-${seq}` as DocID, bytes, create: true, savedAt: 0, attempts: 0, opaque: false, notBefore: 0, code: '', ...more }
}

const rows = (n: number) => Array.from({ length: n }, (_, i) => row(i + 1))
const seqs = (batch: readonly OutboxRow[]) => batch.map(each => each.seq)

describe('a batch', () => {
  test('holds at most 100 mutations and 1 MiB', () => {
    expect(nextBatch(rows(250), calm, 0)).toHaveLength(100)
    const big = 'x'.repeat(200_000)
    expect(nextBatch(rows(20).map(each => ({ ...each, bytes: JSON.stringify({ big }) })), calm, 0)).toHaveLength(5)
  })

  test('passes by what waits, and everything later of the same document', () => {
    const doc = 'doc-2' as DocID
    const queue = [row(1), row(2, { notBefore: 50 }), row(3, { doc }), row(4)]
    expect(seqs(nextBatch(queue, calm, 10))).toEqual([1, 4])
    expect(seqs(nextBatch(queue, calm, 60))).toEqual([1, 2, 3, 4])
  })

  test('is an opaque row alone, whose bytes go in as text', () => {
    const queue = [row(1, { opaque: true }), row(2)]
    expect(seqs(nextBatch(queue, calm, 0))).toEqual([1])
    expect(JSON.parse(wireText(row(1, { opaque: true })))).toMatchObject({ device: 'd', seq: 1, opaque: row(1).bytes })
  })
})

describe('hunting for the row at fault', () => {
  test.each([1, 2, 37, 64, 100])('finds number %i of 100 and touches no other', (bad) => {
    let queue: OutboxRow[] = rows(100)
    let plan: PushPlan = calm
    const marked: number[] = []
    for (let requests = 0; queue.length > 0; requests++) {
      expect(requests).toBeLessThan(40)
      const batch = nextBatch(queue, plan, 0)
      if (!batch.some(each => each.seq === bad && !each.opaque)) {
        plan = afterAnswer(plan, batch)
        queue = queue.filter(each => !batch.includes(each))
        continue
      }
      const failure = afterFailure(plan, batch)
      plan = failure.plan
      if (!failure.suspicious) continue
      const found = remedy(plan, batch)
      if (found === undefined) throw new Error('no remedy')
      plan = found.plan
      if (found.at !== 'opaque') continue
      marked.push(found.row.seq)
      queue = queue.map(each => (each.seq === found.row.seq ? { ...each, opaque: true } : each))
    }
    expect(marked).toEqual([bad])
  })

  test('begins after three equal failures, not before', () => {
    const batch = rows(3)
    const one = afterFailure(calm, batch)
    const two = afterFailure(one.plan, batch)
    expect([one.suspicious, two.suspicious, afterFailure(two.plan, batch).suspicious]).toEqual([false, false, true])
    expect(afterFailure(two.plan, rows(4)).suspicious).toBe(false)
  })

  test('lets a row wait that fails even unparsed', () => {
    expect(remedy(calm, [row(1, { opaque: true })])).toMatchObject({ at: 'park', row: { seq: 1 } })
  })

  test('an empty push that fails says nothing about a row', () => {
    expect(afterFailure({ ...calm, failures: 9, failed: '' }, []).suspicious).toBe(false)
  })
})

test('waiting doubles from 1 s to 5 min with full jitter', () => {
  expect([0, 1, 2, 8, 9, 100].map(attempt => backoff(attempt, 1))).toEqual([1000, 2000, 4000, 256_000, 300_000, 300_000])
  expect(backoff(5, 0.5)).toBe(16_000)
  expect(backoff(5, 0)).toBe(0)
})

test('a begun upload is finished first, then the newest visit, then in the order taken', () => {
  const photo = (id: string, doc: string, offset: number, addedAt: number) => ({ id, doc, offset, addedAt }) as unknown as PhotoRow
  const photos = [photo('a', 'old', 0, 1), photo('b', 'new', 0, 3), photo('c', 'new', 0, 2), photo('d', 'old', 64, 4)]
  expect(uploadOrder(photos, doc => (doc === 'new' ? '2026-11-23' : '2026-11-20')).map(each => each.id)).toEqual(['d', 'c', 'b', 'a'])
})
