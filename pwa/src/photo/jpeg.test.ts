import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fixture, phonePhoto } from '../../e2e/fixtures/make.mjs'
import { withSegment } from '../../e2e/fixtures/jpeg.mjs'
import { segments, withoutMetadata } from './jpeg'

describe('withoutMetadata', () => {
  test('drops EXIF, comments and their like, and keeps the picture to the byte', () => {
    const bare = phonePhoto(7)
    const laden = [0xe1, 0xed, 0xfe].reduce((file, marker) => withSegment(file, marker, Buffer.from('Exif GPS and worse')), bare)
    expect(Buffer.compare(withoutMetadata(Uint8Array.from(laden)), bare)).toBe(0)
  })

  test('leaves a colour profile', () => {
    const profiled = withSegment(phonePhoto(7), 0xe2, Buffer.from('ICC_PROFILE\0\x01\x01'))
    expect(Buffer.compare(withoutMetadata(Uint8Array.from(profiled)), profiled)).toBe(0)
  })
})

describe('segments', () => {
  test('end with the start of scan', () => {
    const markers = [...segments(readFileSync(fixture('gps-small.jpg')))].map(({ marker }) => marker)
    expect(markers).toEqual([0xe1, 0xe0, 0xdb, 0xc0, 0xc4, 0xda])
  })

  test('of something else are none', () => {
    expect([...segments(readFileSync(fixture('screenshot.png')))]).toEqual([])
  })
})
