import { describe, expect, test } from 'vitest'
import { exif } from '../../e2e/fixtures/exif.mjs'
import { phonePhoto } from '../../e2e/fixtures/make.mjs'
import { withSegment } from '../../e2e/fixtures/jpeg.mjs'
import { plausible, takenAt } from './exif'

const taken = '2026:11:17 19:20:31'
const gps = { lat: 31.2304, lng: 121.4737 }
const photo = phonePhoto(1)
const withExif = (fields: Parameters<typeof exif>[0]) => withSegment(photo, 0xe1, exif(fields))

describe('takenAt', () => {
  test('reads the wall clock with its offset', () => {
    expect(takenAt(withExif({ orientation: 6, taken, offset: '+08:00', gps }))).toBe('2026-11-17T11:20:31Z')
  })

  test('takes the zone of the phone where the camera names none', () => {
    const local = new Date(2026, 10, 17, 19, 20, 31).toISOString().replace('.000Z', 'Z')
    expect(takenAt(withExif({ orientation: 1, taken }))).toBe(local)
  })

  test('finds the block behind another application segment', () => {
    const file = withSegment(withExif({ orientation: 1, taken, offset: '+08:00' }), 0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0<x/>'))
    expect(takenAt(file)).toBe('2026-11-17T11:20:31Z')
  })

  test.each([
    { name: 'a camera whose clock was never set', file: withExif({ orientation: 1, taken: '0000:00:00 00:00:00' }) },
    { name: 'a moment that does not exist', file: withExif({ orientation: 1, taken: '2026:13:40 25:61:61' }) },
    { name: 'a photo without EXIF', file: photo },
    { name: 'a file that is no picture', file: Buffer.from('not a picture at all') },
    { name: 'an empty file', file: Buffer.alloc(0) },
  ])('says nothing about $name', ({ file }) => {
    expect(takenAt(file)).toBeUndefined()
  })

  test('survives every truncation and every flipped byte of an EXIF block', () => {
    const whole = withExif({ orientation: 6, taken, offset: '+08:00', gps }).subarray(0, 400)
    for (let length = 0; length < whole.length; length++) {
      expect(() => takenAt(whole.subarray(0, length))).not.toThrow()
      const flipped = Buffer.from(whole)
      flipped[length] = 0xff ^ (flipped[length] ?? 0)
      expect(() => takenAt(flipped)).not.toThrow()
    }
  })
})

test('a camera may be a little ahead of the phone, not a year', () => {
  const now = Date.parse('2026-11-17T12:00:00Z')
  expect([plausible('2026-11-17T20:00:00Z', now), plausible('2019-01-01T00:00:00Z', now), plausible('2027-11-17T12:00:00Z', now)]).toEqual([true, true, false])
})
