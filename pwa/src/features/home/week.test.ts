import { describe, expect, it } from 'vitest'
import { viewOf } from '@/test/visitView'
import type { UserID, VisitFields } from '@/wire/generated'
import { weekState } from './week'

const me = 'u1' as UserID
const other = 'u2' as UserID
const tell = (...parts: Partial<VisitFields>[]) => weekState(parts.map(part => viewOf(part)), me, 'leader', '2026-11-16')
const when = (start: string) => ({ when: { start, minutes: 0 } })

describe('the week of a leader', () => {
  it('is done with the first meeting of the week', () => {
    expect(tell({}, when('2026-11-18T04:00:00.000Z'))).toEqual({ at: 'done', first: '2026-11-17T11:20:00.000Z' })
  })

  it.each<[string, Partial<VisitFields>]>([
    ['nobody was talked with', { talked: 0 }],
    ['it was withdrawn', { state: 'withdrawn' }],
    ['it was on Sunday before', when('2026-11-15T15:59:00.000Z')],
    ['it was on Monday after', when('2026-11-22T16:00:00.000Z')],
    ['it is another person’s', { author: other, enteredBy: other }],
    ['a colleague entered it and it is not confirmed', { enteredBy: other }],
    ['it was denied', { enteredBy: other, confirmations: { [me]: { accept: false, at: '' } } }],
    ['one only took part and has not confirmed', { author: other, enteredBy: other, participants: [{ id: me }] }],
  ])('has one to go when %s', (_name, part) => {
    expect(tell(part)).toEqual({ at: 'needed', online: false, waits: false })
  })

  it('counts Monday midnight of Shanghai, proxy entries and joint visits once confirmed', () => {
    const confirmations = { [me]: { accept: true, at: '' } }
    expect(tell(when('2026-11-15T16:00:00.000Z')).at).toBe('done')
    expect(tell({ enteredBy: other, confirmations }).at).toBe('done')
    expect(tell({ author: other, enteredBy: other, participants: [{ id: me }], confirmations }).at).toBe('done')
  })

  it('notes contact online, which does not replace a meeting, and what waits for a word', () => {
    expect(tell({ mode: 'online' })).toEqual({ at: 'needed', online: true, waits: false })
    expect(weekState([{ ...viewOf({ enteredBy: other }), asksMe: true }], me, 'leader', '2026-11-16')).toEqual({ at: 'needed', online: false, waits: true })
  })
})

it('tells everybody else only their own number', () => {
  expect(weekState([viewOf(), viewOf({ mode: 'online' }), viewOf({ author: other, enteredBy: other })], me, 'college_head', '2026-11-16')).toEqual({ at: 'count', visits: 2 })
})
