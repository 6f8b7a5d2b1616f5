import { describe, expect, it } from 'vitest'
import type { DocID, UserID } from '@/wire/generated'
import { cleanText, editOf, emptyForm, formOf, isLate, missingIn, newVisitOf, readForm, type VisitForm } from './form'
import { viewOf } from '@/test/visitView'

const now = Date.parse('2026-11-23T10:00:00.000Z')
const me = 'u1' as UserID
const filled: VisitForm = {
  ...emptyForm(me, '2026-11-23T09:00:00.000Z'),
  where: { place: 'p1' as DocID, name: '梧桐苑5栋', venue: 'dorm' }, form: 'visit', group: 'dorm', talked: 9,
}

describe('what a form still needs', () => {
  it.each<[string, Partial<VisitForm>, string | null]>([
    ['nothing', {}, null],
    ['a place', { where: null }, 'where'],
    ['a form', { form: null }, 'form'],
    ['a group', { group: null }, 'group'],
    ['a number, and 0 is one', { talked: 0 }, null],
    ['a number', { talked: null }, 'talked'],
    ['a time that has come', { start: '2026-11-24T10:00:00.000Z' }, 'time'],
    ['a shorter summary', { summary: '字'.repeat(2001) }, 'summary'],
  ])('%s', (_name, part, want) => {
    expect(missingIn({ ...filled, ...part }, now)).toBe(want)
  })
})

describe('a new visit', () => {
  it('holds only what was told, with times as they are sent', () => {
    expect(newVisitOf({ ...filled, start: '2026-11-23T09:00:00Z', summary: '  热水短\ud800 ' }, now)).toEqual({
      author: me, when: { start: '2026-11-23T09:00:00.000Z', minutes: 0 }, where: filled.where, mode: 'face_to_face', form: 'visit',
      group: { kind: 'dorm', name: '' }, talked: 9, raised: false, summary: '热水短\ufffd', participants: [],
    })
  })

  it('asks why it is late only when it is', () => {
    const late = { ...filled, start: '2026-11-10T09:00:00.000Z', lateReason: '出差' }
    expect(newVisitOf(late, now)?.lateReason).toBe('出差')
    expect(newVisitOf({ ...filled, lateReason: '出差' }, now)?.lateReason).toBeUndefined()
    expect([isLate('2026-11-16T10:00:00.000Z', now), isLate('2026-11-16T09:59:00.000Z', now)]).toEqual([false, true])
  })

  it('has a course only if it is a lecture', () => {
    expect(newVisitOf({ ...filled, courseTopic: '形势与政策', courseHours: 2 }, now)?.course).toBeUndefined()
    expect(newVisitOf({ ...filled, form: 'policy_lecture', courseTopic: '形势与政策', courseHours: 2 }, now)?.course).toEqual({ topic: '形势与政策', hours: 2 })
  })
})

describe('a correction', () => {
  const seen = formOf(viewOf({ summary: '热水短', participants: [{ id: 'u2' as UserID }] }))

  it('is nothing when nothing changed', () => {
    expect(editOf(seen, [], now)).toBeUndefined()
  })

  it('names each changed field with what was seen and what shall be', () => {
    expect(editOf({ ...seen, talked: 12, summary: '', purposes: ['care'] }, [], now)?.set).toEqual({
      talked: { was: 9, now: 12 }, summary: { was: '热水短', now: null }, purposes: { was: null, now: ['care'] },
    })
  })

  it('adds and takes away photos and colleagues by id', () => {
    const edit = editOf({ ...seen, participants: ['u3' as UserID], removedPhotos: ['f1' as DocID] }, ['f2' as DocID], now)
    expect(edit).toEqual({ set: {}, addPhotos: ['f2'], removePhotos: ['f1'], addParticipants: ['u3'], removeParticipants: ['u2'] })
  })

  it('knows a register by its members, not by their order', () => {
    const { where } = seen
    expect(editOf({ ...seen, where: where === null ? null : { venue: where.venue, name: where.name, place: where.place } }, [], now)).toBeUndefined()
  })
})

describe('a draft', () => {
  it('comes back as it was, what is strange as in a fresh form', () => {
    const fresh = emptyForm(me, '2026-11-23T09:00:00.000Z')
    expect(readForm(JSON.parse(JSON.stringify(filled)), fresh)).toEqual(filled)
    expect(readForm({ ...filled, form: 'dancing', talked: 'many', where: { name: 7 }, purposes: ['care', 3] }, fresh)).toEqual({ ...filled, form: null, talked: null, where: null, purposes: ['care'] })
    expect(readForm('nonsense', fresh)).toBe(fresh)
  })
})

it('composes and trims what people typed', () => {
  expect(cleanText(' e\u0301 ')).toBe('é')
})
