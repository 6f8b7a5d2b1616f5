/** What a form fills in by itself, so that a visit is six taps. Pure; everything it fills can be changed by hand. */
import type { VisitView } from '@/sync/visits'
import type { DocID, Form, GroupKind, Mode, PlaceFields, Venue, Where } from '@/wire/generated'

export interface Defaults { readonly mode: Mode, readonly form: Form, readonly group: GroupKind }

/** What usually happens at a venue. */
const usual: Readonly<Record<Venue, Defaults>> = {
  dorm: { mode: 'face_to_face', form: 'visit', group: 'dorm' },
  canteen: { mode: 'face_to_face', form: 'shared_meal', group: 'diners' },
  classroom: { mode: 'face_to_face', form: 'class_observation', group: 'course' },
  lecture: { mode: 'face_to_face', form: 'policy_lecture', group: 'audience' },
  society: { mode: 'face_to_face', form: 'discussion', group: 'society' },
  class: { mode: 'face_to_face', form: 'class_meeting', group: 'class' },
  online: { mode: 'online', form: 'online_chat', group: 'online' },
  other: { mode: 'face_to_face', form: 'discussion', group: 'mixed' },
}

/** The forms and groups offered first at a venue, the usual one at the front; all others are one tap further. */
const likelyForms: Readonly<Record<Venue, readonly Form[]>> = {
  dorm: ['visit', 'discussion', 'talk'],
  canteen: ['shared_meal', 'visit', 'discussion'],
  classroom: ['class_observation', 'ideology_lecture', 'policy_lecture', 'discussion'],
  lecture: ['policy_lecture', 'ideology_lecture', 'discussion'],
  society: ['discussion', 'society_activity', 'visit'],
  class: ['class_meeting', 'league_day', 'party_day', 'discussion'],
  online: ['online_chat', 'talk'],
  other: ['visit', 'discussion', 'talk', 'reception_day'],
}

const likelyGroups: Readonly<Record<Venue, readonly GroupKind[]>> = {
  dorm: ['dorm', 'linked', 'mixed'],
  canteen: ['diners', 'linked', 'mixed'],
  classroom: ['course', 'linked', 'class'],
  lecture: ['audience', 'course', 'mixed'],
  society: ['society', 'mixed'],
  class: ['class', 'linked'],
  online: ['online', 'linked', 'mixed'],
  other: ['mixed', 'linked', 'class', 'society'],
}

/** The defaults of a place: as the last visit there went, else what is usual at such a venue. `visits` are own ones, newest first. */
export function defaultsFor(where: Where, visits: readonly VisitView[]): Defaults {
  const last = visits.find(({ visit }) => visit.where.name === where.name && visit.where.venue === where.venue)
  return last === undefined ? usual[where.venue] : { mode: last.visit.mode, form: last.visit.form, group: last.visit.group.kind }
}

/**
 * The number of students last time: at this place, else at such a venue, else anywhere but before an audience or online.
 * Null for somebody who has none: a number nobody said is not made up.
 */
export function countFor(where: Where, visits: readonly VisitView[]): number | null {
  const talked = visits.filter(({ visit }) => visit.talked > 0)
  const last = talked.find(({ visit }) => visit.where.name === where.name)
    ?? talked.find(({ visit }) => visit.where.venue === where.venue)
    ?? talked.find(({ visit }) => visit.where.venue !== 'lecture' && visit.mode === 'face_to_face')
  return last?.visit.talked ?? null
}

/** The likely choices at a venue and, whatever it is, the one already made. */
export function formsAt(venue: Venue, chosen: Form | null): readonly Form[] {
  return withChosen(likelyForms[venue], chosen)
}

export function groupsAt(venue: Venue, chosen: GroupKind | null): readonly GroupKind[] {
  return withChosen(likelyGroups[venue], chosen)
}

function withChosen<T>(likely: readonly T[], chosen: T | null): readonly T[] {
  return chosen === null || likely.includes(chosen) ? likely : [...likely, chosen]
}

export interface KnownPlace extends PlaceFields { readonly id: DocID }

/**
 * The places offered as chips, the likeliest first, at most `max`: favourites, places of own visits (recent ones and those at
 * this time of day count more), and, while those are few, places people go to at this hour. `now` is the time of the visit, Unix ms.
 */
export function likelyPlaces(
  { places, favourites, visits, now, max = 5 }: {
    places: readonly KnownPlace[]
    favourites: readonly DocID[]
    visits: readonly VisitView[]
    now: number
    max?: number
  },
): readonly KnownPlace[] {
  const hour = shanghaiHour(now)
  const score = new Map<DocID, number>()
  const add = (id: DocID, points: number): void => { score.set(id, (score.get(id) ?? 0) + points) }
  for (const id of favourites) add(id, 2)
  for (const { visit } of visits) {
    const days = Math.max(0, now - Date.parse(visit.when.start)) / 86_400_000
    const gap = Math.abs(shanghaiHour(Date.parse(visit.when.start)) - hour)
    const near = Math.min(gap, 24 - gap) <= 2 ? 2 : 1
    add(visit.where.place, near / (1 + days / 14))
  }
  const known = places.filter(({ id }) => score.has(id)).sort((a, b) => (score.get(b.id) ?? 0) - (score.get(a.id) ?? 0) || a.order - b.order)
  const venues = venuesAt(hour)
  const usualNow = places.filter(({ id, venue }) => !score.has(id) && venues.includes(venue)).slice(0, Math.max(0, 3 - known.length))
  return [...known, ...usualNow].slice(0, max)
}

/** 0–23; Shanghai is UTC+8 all year. */
function shanghaiHour(time: number): number {
  return Math.floor(time / 3_600_000 + 8) % 24
}

function venuesAt(hour: number): readonly Venue[] {
  if ((hour >= 11 && hour < 14) || hour === 17) return ['canteen']
  return hour >= 18 || hour < 7 ? ['dorm'] : ['classroom', 'class']
}
