import { addDays, startOfDay } from '@/db/time'
import type { VisitView } from '@/sync/visits'
import type { Role, UserID } from '@/wire/generated'

/** How this week stands for one person. Counts are one's own and are compared with nobody's. */
export type WeekState =
  /** Met students face to face; `first` is when (RFC 3339). */
  | { readonly at: 'done', readonly first: string }
  /** A leader has one visit to go. `online`: there was contact online; `waits`: one waits for the person's own word. */
  | { readonly at: 'needed', readonly online: boolean, readonly waits: boolean }
  /** Everybody else: how many visits, any of them. */
  | { readonly at: 'count', readonly visits: number }

/** Tells the week that begins on `monday` (2006-01-02, Shanghai), Monday to Sunday. */
export function weekState(visits: readonly VisitView[], user: UserID, role: Role, monday: string): WeekState {
  const from = startOfDay(monday)
  const to = startOfDay(addDays(monday, 7))
  const thisWeek = visits.filter(({ visit, deleted }) => !deleted && visit.state === 'submitted' && visit.when.start >= from && visit.when.start < to)
  const mine = thisWeek.filter(view => isOwnWord(view, user))
  if (role !== 'leader') return { at: 'count', visits: mine.length }
  const met = mine.filter(isMeeting).sort((a, b) => (a.visit.when.start < b.visit.when.start ? -1 : 1))
  const [first] = met
  if (first !== undefined) return { at: 'done', first: first.visit.when.start }
  return { at: 'needed', online: mine.some(({ visit }) => visit.mode === 'online'), waits: thisWeek.some(view => view.asksMe && isMeeting(view)) }
}

/** Students were met face to face and talked with (R5, C4). */
function isMeeting({ visit }: VisitView): boolean {
  return visit.mode === 'face_to_face' && visit.talked >= 1
}

/** Written by the person, or entered by another and confirmed by the person (C7). */
function isOwnWord({ visit, participants }: VisitView, user: UserID): boolean {
  if (visit.author === user && visit.enteredBy === user) return true
  return (visit.author === user || participants.includes(user)) && visit.confirmations?.[user]?.accept === true
}
