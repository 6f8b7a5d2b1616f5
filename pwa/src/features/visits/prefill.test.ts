import { describe, expect, it } from 'vitest'
import { viewOf } from '@/test/visitView'
import type { DocID, Venue, VisitFields } from '@/wire/generated'
import { countFor, defaultsFor, formsAt, type KnownPlace, likelyPlaces } from './prefill'

const place = (id: string, venue: Venue, order: number): KnownPlace => ({ id: id as DocID, code: id, name: id, campus: '', venue, order })
const places = [place('dorm1', 'dorm', 1), place('dorm2', 'dorm', 2), place('canteen1', 'canteen', 3), place('canteen2', 'canteen', 4), place('room', 'classroom', 5)]
const at = (id: string, venue: Venue, start: string, part: Partial<VisitFields> = {}) => viewOf({ where: { place: id as DocID, name: id, venue }, when: { start, minutes: 0 }, ...part })
const noon = Date.parse('2026-11-23T04:10:00Z') // 12:10 in Shanghai
const evening = Date.parse('2026-11-23T11:30:00Z') // 19:30

describe('the places offered first', () => {
  const names = (now: number, visits: Parameters<typeof likelyPlaces>[0]['visits'], favourites: readonly string[] = []) =>
    likelyPlaces({ places, favourites: favourites as DocID[], visits, now }).map(({ id }) => id)

  it('are, for somebody new, where people are at this hour', () => {
    expect(names(noon, [])).toEqual(['canteen1', 'canteen2'])
    expect(names(evening, [])).toEqual(['dorm1', 'dorm2'])
  })

  it('prefer the time of day of earlier visits', () => {
    const visits = [at('dorm2', 'dorm', '2026-11-16T11:00:00.000Z'), at('canteen2', 'canteen', '2026-11-16T04:00:00.000Z')]
    expect(names(noon, visits)[0]).toBe('canteen2')
    expect(names(evening, visits)[0]).toBe('dorm2')
  })

  it('put a favourite first and leave places that are no more out', () => {
    expect(names(noon, [at('gone', 'dorm', '2026-11-20T04:00:00.000Z'), at('canteen2', 'canteen', '2026-11-20T04:00:00.000Z')], ['room'])[0]).toBe('room')
    expect(names(noon, [at('gone', 'dorm', '2026-11-20T04:00:00.000Z')])).not.toContain('gone')
  })
})

describe('what a place fills in', () => {
  const dorm = { place: 'dorm1' as DocID, name: 'dorm1', venue: 'dorm' } as const

  it.each<[Venue, string]>([['dorm', 'visit'], ['canteen', 'shared_meal'], ['classroom', 'class_observation'], ['lecture', 'policy_lecture'], ['society', 'discussion'], ['class', 'class_meeting'], ['online', 'online_chat']])('%s → %s', (venue, form) => {
    expect(defaultsFor({ ...dorm, venue }, []).form).toBe(form)
  })

  it('is what was done there last time', () => {
    const last = at('dorm1', 'dorm', '2026-11-16T11:00:00.000Z', { form: 'talk', group: { kind: 'linked', name: '' } })
    expect(defaultsFor(dorm, [last])).toEqual({ mode: 'face_to_face', form: 'talk', group: 'linked' })
  })

  it('counts students as last time, there before elsewhere, and makes no number up', () => {
    const here = at('dorm1', 'dorm', '2026-11-09T11:00:00.000Z', { talked: 7 })
    const lecture = at('hall', 'lecture', '2026-11-16T11:00:00.000Z', { talked: 120 })
    expect([countFor(dorm, [lecture, here]), countFor({ ...dorm, name: 'dorm2' }, [lecture, here]), countFor(dorm, [lecture]), countFor(dorm, [])]).toEqual([7, 7, null, null])
  })
})

it('keeps what was chosen among the choices', () => {
  expect(formsAt('canteen', 'contest')).toEqual(['shared_meal', 'visit', 'discussion', 'contest'])
})
