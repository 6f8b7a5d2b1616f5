import type { EditableField } from '@/db/save'
import { formatDay, formatMoment } from '@/i18n/dates'
import { t } from '@/i18n/i18n'
import type { VisitFields } from '@/wire/generated'
import { isRecord } from '@/wire/guards'
import { editableFields, isLate } from './form'
import { forms, formWords, groupWords, modes, modeWords, purposes, purposeWords, venueWords } from './words'

/** One thing known of a visit, in words. */
export interface Fact { readonly label: string, readonly value: string }

/** What a visit's page lists, in the order of the form; what was not told is left out. */
export function factsOf(visit: VisitFields): readonly Fact[] {
  const { when, where, group, present, course, lateReason = '' } = visit
  const entered = isLate(when.start, Date.parse(visit.recordedAt)) ? t('visit.detail.lateAt', { day: formatDay(visit.recordedAt) }) : ''
  const late = [entered, lateReason].filter(text => text !== '').join(' · ')
  const aims = visit.purposes ?? []
  const facts: (Fact | undefined)[] = [
    { label: t('visit.detail.form'), value: [modeWords(visit.mode), formWords(visit.form)].join(' · ') },
    { label: t('visit.detail.place'), value: [where.name, venueWords(where.venue)].join(' · ') },
    { label: t('visit.detail.group'), value: [groupWords(group.kind), group.name].filter(text => text !== '').join(' · ') },
    { label: t('visit.detail.talked'), value: t('visit.people', { n: visit.talked }) },
    present === undefined ? undefined : { label: t('visit.detail.present'), value: t('visit.people', { n: present }) },
    { label: t('visit.detail.raised'), value: t(visit.raised ? 'visit.raised.yes' : 'visit.raised.no') },
    when.minutes === 0 ? undefined : { label: t('visit.detail.minutes'), value: t('visit.minutes.unit', { n: when.minutes }) },
    course === undefined ? undefined : { label: t('visit.detail.course'), value: [course.topic, course.hours > 0 ? `${course.hours} ${t('visit.course.hours')}` : ''].filter(text => text !== '').join(' · ') },
    aims.length === 0 ? undefined : { label: t('visit.detail.purposes'), value: aims.map(purposeWords).join(t('visit.and')) },
    late === '' ? undefined : { label: t('visit.detail.late'), value: late },
  ]
  return facts.filter(fact => fact !== undefined)
}

/** The value of one field as a person reads it, for telling two of them apart. */
export function fieldWords(field: string, value: unknown): string {
  if (typeof value === 'string') return field === 'summary' || field === 'lateReason' ? value : factValue(field, value)
  if (typeof value === 'number') return t('visit.people', { n: value })
  if (typeof value === 'boolean') return t(value ? 'visit.raised.yes' : 'visit.raised.no')
  if (Array.isArray(value)) return value.map(each => factValue('purposes', each)).join(t('visit.and'))
  if (!isRecord(value)) return t('visit.detail.nothing')
  if (typeof value['start'] === 'string') return formatMoment(value['start'])
  return [value['name'], value['topic']].filter(part => typeof part === 'string').join(' ') || t('visit.detail.nothing')
}

function factValue(field: string, value: unknown): string {
  const found = values[field]?.(value)
  return found ?? (typeof value === 'string' ? value : '')
}

const values: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  mode: value => named(modes, value, modeWords),
  form: value => named(forms, value, formWords),
  purposes: value => named(purposes, value, purposeWords),
}

function named<T extends string>(list: readonly T[], value: unknown, words: (value: T) => string): string | undefined {
  const found = list.find(each => each === value)
  return found === undefined ? undefined : words(found)
}

const labels = {
  when: 'visit.detail.time', where: 'visit.detail.place', mode: 'visit.mode', form: 'visit.detail.form', group: 'visit.detail.group',
  talked: 'visit.detail.talked', present: 'visit.detail.present', raised: 'visit.detail.raised', purposes: 'visit.detail.purposes',
  summary: 'visit.detail.summary', lateReason: 'visit.detail.late', course: 'visit.detail.course',
} as const

/** The name of a field; undefined for one this release does not know. */
export function fieldLabel(field: string): string | undefined {
  const key = Object.entries(labels).find(([name]) => name === field)?.[1]
  return key === undefined ? undefined : t(key)
}

/** `field` if the phone's form has it. */
export function editableField(field: string): EditableField | undefined {
  return editableFields.find(each => each === field)
}
