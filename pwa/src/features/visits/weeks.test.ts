import { expect, it } from 'vitest'
import { viewOf } from '@/test/visitView'
import { docID } from '@/wire/guards'
import { byWeek } from './weeks'

it('puts visits into weeks of Shanghai, Monday to Sunday', () => {
  const at = (start: string) => viewOf({ when: { start, minutes: 0 } }, docID(start))
  const term = { id: docID('t'), name: '', start: '2026-09-07', weeks: 20, holidays: [], makeupDays: [] }
  // Sunday 23:59 and Monday 00:00 in Shanghai are a minute and a week apart.
  const weeks = byWeek([at('2026-11-22T16:00:00.000Z'), at('2026-11-22T15:59:00.000Z'), at('2026-07-01T01:00:00.000Z')], [term])
  expect(weeks.map(({ monday, sunday, number, visits }) => [monday, sunday, number, visits.length])).toEqual([
    ['2026-11-23', '2026-11-29', 12, 1], ['2026-11-16', '2026-11-22', 11, 1], ['2026-06-29', '2026-07-05', 0, 1],
  ])
})
