/** A visit while it is being written: what the form holds, how it is kept as a draft, and what becomes of it. Pure. */
import type { EditableField, NewVisit, VisitEdit } from '@/db/save'
import { wireTime } from '@/db/time'
import type { VisitView } from '@/sync/visits'
import { type Change, type DocID, type Form, type Group, type GroupKind, type Mode, type Purpose, type UserID, type VisitFields, type Where } from '@/wire/generated'
import { asVisit, docID, isRecord, userID } from '@/wire/guards'
import { forms, groups, modes, purposes, venues } from './words'

/** What the form fills in by itself until the person touches it. */
export type Prefilled = 'mode' | 'form' | 'group' | 'talked'

export interface VisitForm {
  /** Whose visit it is: oneself, or who is entered for (代录). */
  readonly author: UserID
  readonly where: Where | null
  /** RFC 3339 UTC. */
  readonly start: string
  /** 0 = not told. */
  readonly minutes: number
  readonly mode: Mode
  readonly form: Form | null
  readonly group: GroupKind | null
  readonly groupName: string
  readonly talked: number | null
  readonly present: number | null
  readonly raised: boolean
  readonly purposes: readonly Purpose[]
  readonly summary: string
  readonly lateReason: string
  readonly courseTopic: string
  readonly courseHours: number
  readonly participants: readonly UserID[]
  readonly watermark: boolean
  readonly touched: readonly Prefilled[]
  /** Photos of the saved visit that go with this correction. */
  readonly removedPhotos: readonly DocID[]
  /** The visit being corrected as the person saw it; null for a new one. */
  readonly seen: VisitFields | null
}

export function emptyForm(author: UserID, start: string): VisitForm {
  return {
    author, where: null, start, minutes: 0, mode: 'face_to_face', form: null, group: null, groupName: '', talked: null, present: null,
    raised: false, purposes: [], summary: '', lateReason: '', courseTopic: '', courseHours: 0, participants: [], watermark: false,
    touched: [], removedPhotos: [], seen: null,
  }
}

/** The form for correcting a saved visit. */
export function formOf({ visit, participants }: VisitView): VisitForm {
  return {
    author: visit.author, where: visit.where, start: visit.when.start, minutes: visit.when.minutes, mode: visit.mode, form: visit.form,
    group: visit.group.kind, groupName: visit.group.name, talked: visit.talked, present: visit.present ?? null, raised: visit.raised,
    purposes: visit.purposes ?? [], summary: visit.summary ?? '', lateReason: visit.lateReason ?? '',
    courseTopic: visit.course?.topic ?? '', courseHours: visit.course?.hours ?? 0, participants, watermark: false,
    touched: ['mode', 'form', 'group', 'talked'], removedPhotos: [],
    seen: { ...visit, participants: participants.map(id => ({ id })) },
  }
}

/** The form in a draft, whatever release wrote it: what is missing or strange is as in `otherwise`. */
export function readForm(stored: unknown, otherwise: VisitForm): VisitForm {
  if (!isRecord(stored)) return otherwise
  const text = (key: string, or: string): string => (typeof stored[key] === 'string' ? stored[key] : or)
  const number = <T>(key: string, or: T): number | T => (typeof stored[key] === 'number' ? stored[key] : or)
  const texts = (key: string): readonly string[] => (Array.isArray(stored[key]) ? stored[key].filter(each => typeof each === 'string') : [])
  const oneOf = <T extends string, O>(key: string, values: readonly T[], or: O): T | O => values.find(value => value === stored[key]) ?? or
  return {
    author: userID(text('author', otherwise.author)),
    where: readWhere(stored['where']) ?? otherwise.where,
    start: text('start', otherwise.start),
    minutes: number('minutes', otherwise.minutes),
    mode: oneOf('mode', modes, otherwise.mode),
    form: oneOf('form', forms, otherwise.form),
    group: oneOf('group', groups, otherwise.group),
    groupName: text('groupName', otherwise.groupName),
    talked: number('talked', otherwise.talked),
    present: number('present', otherwise.present),
    raised: stored['raised'] === true,
    purposes: purposes.filter(purpose => texts('purposes').includes(purpose)),
    summary: text('summary', otherwise.summary),
    lateReason: text('lateReason', otherwise.lateReason),
    courseTopic: text('courseTopic', otherwise.courseTopic),
    courseHours: number('courseHours', otherwise.courseHours),
    participants: texts('participants').map(userID),
    watermark: stored['watermark'] === true,
    touched: (['mode', 'form', 'group', 'talked'] as const).filter(name => texts('touched').includes(name)),
    removedPhotos: texts('removedPhotos').map(docID),
    seen: isRecord(stored['seen']) ? asVisit(stored['seen']) ?? otherwise.seen : otherwise.seen,
  }
}

function readWhere(value: unknown): Where | undefined {
  if (!isRecord(value) || typeof value['name'] !== 'string' || typeof value['place'] !== 'string') return undefined
  const venue = venues.find(each => each === value['venue'])
  return venue === undefined ? undefined : { place: docID(value['place']), name: value['name'], venue }
}

/** What the form still needs, the first from the top; null when it can be saved. `now` is Unix ms. */
export type Missing = 'where' | 'form' | 'group' | 'talked' | 'time' | 'summary'

export function missingIn(form: VisitForm, now: number): Missing | null {
  if (form.where === null || form.where.name.trim() === '') return 'where'
  if (form.form === null) return 'form'
  if (form.group === null) return 'group'
  if (form.talked === null) return 'talked'
  // The server takes what is up to a day and a half ahead; a visit that has not begun has no record.
  if (Date.parse(form.start) > now + 3_600_000) return 'time'
  return [...form.summary].length > 2000 ? 'summary' : null
}

/** A visit entered more than seven days later is marked 补录. */
export function isLate(start: string, now: number): boolean {
  return now - Date.parse(start) > 7 * 86_400_000
}

export const isLecture = (form: Form | null): boolean => form === 'ideology_lecture' || form === 'policy_lecture'

/** What people typed, in the form it is sent: whole characters (a lone half would be refused), composed, without blanks around. */
export function cleanText(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd').normalize('NFC').trim()
}

type Editable = Readonly<Partial<Pick<VisitFields, EditableField>>>

/** The fields as they would be stored now; empty ones are left out. */
function fieldsOf(form: VisitForm, where: Where, kind: Form, group: Group, now: number): Editable & Omit<NewVisit, 'author'> {
  const summary = cleanText(form.summary)
  const lateReason = isLate(form.start, now) ? cleanText(form.lateReason) : ''
  const topic = cleanText(form.courseTopic)
  const course = isLecture(kind) && (topic !== '' || form.courseHours > 0) ? { topic, hours: form.courseHours } : undefined
  return {
    when: { start: wireTime(form.start), minutes: form.minutes },
    where: { ...where, name: cleanText(where.name) },
    mode: form.mode, form: kind, group, talked: form.talked ?? 0, raised: form.raised,
    ...(form.present !== null && { present: form.present }),
    ...(form.purposes.length > 0 && { purposes: form.purposes }),
    ...(summary !== '' && { summary }),
    ...(lateReason !== '' && { lateReason }),
    ...(course !== undefined && { course }),
  }
}

/** The visit to save, or undefined while something is missing. */
export function newVisitOf(form: VisitForm, now: number): NewVisit | undefined {
  if (missingIn(form, now) !== null || form.where === null || form.form === null || form.group === null) return undefined
  const group = { kind: form.group, name: cleanText(form.groupName) }
  return { author: form.author, ...fieldsOf(form, form.where, form.form, group, now), participants: form.participants }
}

export const editableFields: readonly EditableField[] = [
  'when', 'where', 'mode', 'form', 'group', 'talked', 'present', 'raised', 'purposes', 'summary', 'lateReason', 'course',
]

/** What changed against what the person saw, field by field; `addPhotos` are those taken into the form. Undefined if nothing did. */
export function editOf(form: VisitForm, addPhotos: readonly DocID[], now: number): VisitEdit | undefined {
  const { seen } = form
  const wanted = newVisitOf(form, now)
  if (seen === null || wanted === undefined) return undefined
  const set: Partial<Record<EditableField, Change>> = {}
  for (const field of editableFields) {
    // A late reason stays when the visit is no longer late: the person did not take it away.
    if (field === 'lateReason' && !isLate(form.start, now)) continue
    const was = seen[field] ?? null
    const next = wanted[field] ?? null
    if (!same(was, next)) set[field] = { was, now: next }
  }
  const before = (seen.participants ?? []).map(person => person.id)
  const edit = {
    set, addPhotos, removePhotos: form.removedPhotos,
    addParticipants: form.participants.filter(id => !before.includes(id)),
    removeParticipants: before.filter(id => !form.participants.includes(id)),
  }
  const lists = [edit.addPhotos, edit.removePhotos, edit.addParticipants, edit.removeParticipants]
  return Object.keys(set).length === 0 && lists.every(list => list.length === 0) ? undefined : edit
}

/** Equal values, whatever the order of an object's members; an empty text or list is as good as none. */
function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: unknown): string {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (!isRecord(value)) return JSON.stringify(value)
  return `{${Object.keys(value).sort().map(key => `${key}:${JSON.stringify(value[key])}`).join()}}`
}
