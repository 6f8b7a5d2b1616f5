import { type Reference, todayOf } from '@/sync/reference'
import type { VisitView } from '@/sync/visits'
import { addDays, localDay, mondayOf } from '@/db/time'

/** The visits of one week, Monday to Sunday in Shanghai. */
export interface VisitWeek {
  /** 2006-01-02. */
  readonly monday: string
  readonly sunday: string
  /** The teaching week, 0 outside a term. */
  readonly number: number
  readonly visits: readonly VisitView[]
}

/** Puts visits that are in order into weeks of the same order. */
export function byWeek(visits: readonly VisitView[], terms: Reference['terms']): readonly VisitWeek[] {
  const weeks = new Map<string, VisitView[]>()
  for (const view of visits) {
    const monday = mondayOf(localDay(Date.parse(view.visit.when.start)))
    const week = weeks.get(monday)
    if (week === undefined) weeks.set(monday, [view])
    else week.push(view)
  }
  return [...weeks].map(([monday, list]) => ({ monday, sunday: addDays(monday, 6), number: todayOf(terms, monday).week, visits: list }))
}
