/** What the phone knows of the kinds it writes; twin of `visitRules` and `suggestionRules` of the engine. All pure. */
import {
  type Code, type Kind, MaxCount, MaxNameRunes, MaxParticipants, MaxPhotoBytes, MaxPhotos, MaxPhotoSide, MaxReasonRunes, MaxSummaryRunes,
  type Mutation, type UserID,
} from '@/wire/generated'
import { isRecord } from '@/wire/guards'
import { type Check, count, hash, named, object, oneOf, parseTime, shaped, text, time, uuid, within } from './check'
import { type Call, isLiving, listOf, type State, stop, type Stop } from './state'

export interface Field { readonly check: Check, readonly required?: true, readonly once?: true, readonly long?: true }

export interface List {
  readonly check: Check
  /** Adds what the server will know about an element. */
  readonly stamp: (element: unknown, user: UserID) => unknown
  readonly max: number
  readonly code: Code
}

export interface Rules {
  readonly fields: Readonly<Record<string, Field>>
  readonly lists: Readonly<Record<string, List>>
  readonly create: (doc: State, call: Call) => Stop | undefined
  readonly write: (doc: State, call: Call) => Stop | undefined
  readonly command: (doc: State, call: Call, command: NonNullable<Mutation['command']>) => Stop | undefined
  readonly settle: (doc: State, call: Call) => void
}

const photoShape = { id: 'string', sha256: 'string', bytes: 'number', width: 'number', height: 'number', takenAt: 'string', source: 'string', by: 'string', removed: 'boolean' } as const

const photo: Check = object(photoShape, p => uuid(p['id']) && hash(p['sha256']) && within(p['bytes'], 1, MaxPhotoBytes)
  && within(p['width'], 1, MaxPhotoSide) && within(p['height'], 1, MaxPhotoSide) && (p['takenAt'] === '' || time(p['takenAt']))
  && (p['source'] === 'camera' || p['source'] === 'album') && p['by'] === '' && p['removed'] === false)

function stampPhoto(element: unknown, user: UserID): unknown {
  const { removed: _, ...read } = shaped(element, photoShape) ?? {}
  return { ...read, by: user }
}

const venue = oneOf('classroom', 'class', 'dorm', 'canteen', 'society', 'lecture', 'online', 'other')
const group = oneOf('dorm', 'linked', 'class', 'society', 'diners', 'course', 'audience', 'online', 'mixed')
const purpose = oneOf('campus_life', 'care', 'answer', 'solve')

const visit: Rules = {
  fields: {
    author: { check: uuid, required: true, once: true },
    enteredBy: { check: uuid, required: true, once: true },
    recordedAt: { check: time, required: true, once: true },
    when: { check: object({ start: 'string', minutes: 'number' }, w => time(w['start']) && within(w['minutes'], 0, 24 * 60)), required: true },
    where: {
      check: object({ place: 'string', name: 'string', venue: 'string' }, w => (w['place'] === '' || uuid(w['place'])) && named(MaxNameRunes)(w['name']) && venue(w['venue'])),
      required: true,
    },
    mode: { check: oneOf('face_to_face', 'online'), required: true },
    form: {
      check: oneOf('visit', 'discussion', 'talk', 'shared_meal', 'class_observation', 'ideology_lecture', 'policy_lecture', 'reception_day',
        'class_meeting', 'party_day', 'league_day', 'society_activity', 'contest', 'online_chat', 'other'),
      required: true,
    },
    group: { check: object({ kind: 'string', name: 'string' }, g => group(g['kind']) && text(MaxNameRunes)(g['name'])), required: true },
    talked: { check: count(MaxCount), required: true },
    present: { check: count(MaxCount) },
    raised: { check: value => typeof value === 'boolean', required: true },
    purposes: { check: value => Array.isArray(value) && value.every(purpose) && new Set(value).size === value.length },
    summary: { check: text(MaxSummaryRunes), long: true },
    lateReason: { check: text(MaxReasonRunes) },
    course: { check: object({ topic: 'string', hours: 'number' }, c => text(MaxNameRunes)(c['topic']) && within(c['hours'], 0, 12)) },
  },
  lists: {
    photos: { check: photo, stamp: stampPhoto, max: MaxPhotos, code: 'too_many_photos' },
    participants: {
      check: object({ id: 'string', removed: 'boolean' }, p => uuid(p['id']) && p['removed'] === false),
      stamp: element => element, max: MaxParticipants, code: 'invalid',
    },
  },
  create(doc, call) {
    const author = doc.fields['author']
    if (call.mutation.command?.verb !== 'submit') return stop('refused', 'invalid')
    if (doc.fields['enteredBy'] !== call.user) return stop('refused', 'forbidden')
    if (author !== call.user && !call.proxyFor.some(person => person === author)) return stop('refused', 'forbidden')
    doc.fields['state'] = 'submitted'
    return timeStop(doc, call)
  },
  write(doc, call) {
    if (!writes(doc, call)) return stop('refused', 'forbidden')
    if (doc.deleted) return stop('held', 'gone')
    if (doc.fields['state'] !== 'submitted') return stop('held', 'state')
    if (isConfirmedByAuthor(doc, call)) return stop('held', 'confirmed')
    return call.mutation.set?.['when'] === undefined ? undefined : timeStop(doc, call)
  },
  command(doc, call, command) {
    if (command.verb === 'confirm') return confirm(doc, call, command.accept ?? true)
    if (!writes(doc, call)) return stop('refused', 'forbidden')
    if (isConfirmedByAuthor(doc, call)) return stop('held', 'confirmed')
    const submitted = doc.fields['state'] === 'submitted'
    switch (command.verb) {
      case 'withdraw':
        if (doc.deleted) return stop('held', 'gone')
        if (submitted) Object.assign(doc.fields, { state: 'withdrawn', stateReason: command.reason ?? '' })
        return undefined
      case 'delete':
        doc.deleted = true
        return undefined
      case 'submit':
        return doc.deleted || !submitted ? stop('held', 'state') : undefined
      default:
        return stop('refused', 'invalid')
    }
  },
  settle(doc, { holds }) {
    const photos = listOf(doc, 'photos').filter(isLiving).filter(isRecord)
    const before = doc.fields['evidence']
    const known = isRecord(before) && typeof before['have'] === 'number' ? before['have'] : 0
    const want = photos.length
    const have = holds === undefined ? Math.min(known, want) : photos.filter(each => holds(each['by'], each['sha256'])).length
    doc.fields['evidence'] = { state: want === 0 ? 'none' : have < want ? 'pending' : 'complete', have, want }
  },
}

const suggestion: Rules = {
  fields: {
    author: { check: uuid, required: true, once: true },
    text: { check: named(MaxSummaryRunes), required: true, long: true },
  },
  lists: {},
  create: (doc, call) => (doc.fields['author'] === call.user ? undefined : stop('refused', 'forbidden')),
  write(doc, call) {
    if (doc.fields['author'] !== call.user) return stop('refused', 'forbidden')
    return doc.deleted ? stop('held', 'gone') : undefined
  },
  command(doc, call, { verb }) {
    if (doc.fields['author'] !== call.user) return stop('refused', 'forbidden')
    if (verb === 'delete') doc.deleted = true
    else if (verb !== 'submit') return stop('refused', 'invalid')
    return undefined
  },
  settle: () => undefined,
}

/** The kinds a phone writes. All others only come from the server. */
export const kinds: Readonly<Partial<Record<Kind, Rules>>> = { visit, suggestion }

/** Refuses times that no clock meant: before 2000 or more than 36 hours after the receipt. */
function timeStop(doc: State, call: Call): Stop | undefined {
  const when = doc.fields['when']
  const start = isRecord(when) ? parseTime(when['start']) : undefined
  return start === undefined || start < 946_684_800_000 || start > call.received + 36 * 3_600_000 ? stop('refused', 'time') : undefined
}

/** A person's own answer: a participant's, or the author's about what was entered on their behalf. */
function confirm(doc: State, call: Call, accept: boolean): Stop | undefined {
  const isProxied = call.user === doc.fields['author'] && doc.fields['enteredBy'] !== doc.fields['author']
  const isNamed = listOf(doc, 'participants').some(person => isLiving(person) && isRecord(person) && person['id'] === call.user)
  if (!isProxied && !isNamed) return stop('refused', 'forbidden')
  if (doc.deleted) return stop('held', 'gone')
  if (doc.fields['state'] !== 'submitted') return stop('held', 'state')
  doc.fields['confirmations'] = { ...confirmations(doc), [call.user]: { accept, at: new Date(call.received).toISOString() } }
  return undefined
}

function writes(doc: State, call: Call): boolean {
  return call.user === doc.fields['author'] || call.user === doc.fields['enteredBy']
}

function isConfirmedByAuthor(doc: State, call: Call): boolean {
  const author = doc.fields['author']
  const answer = typeof author === 'string' ? confirmations(doc)[author] : undefined
  return call.user !== author && isRecord(answer) && answer['accept'] === true
}

function confirmations(doc: State): Readonly<Record<string, unknown>> {
  const answers = doc.fields['confirmations']
  return isRecord(answers) ? answers : {}
}
