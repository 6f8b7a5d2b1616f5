import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fixture } from '../../e2e/fixtures/make.mjs'
import { pictureSize, sniff } from './sniff'

const head = (name: Parameters<typeof fixture>[0]) => readFileSync(fixture(name))

describe('sniff', () => {
  test.each([
    { name: 'portrait-12mp.jpg', want: 'jpeg' },
    { name: 'polyglot.jpg', want: 'jpeg' },
    { name: 'screenshot.png', want: 'png' },
    { name: 'fake.heic', want: 'heic' },
    { name: 'drawing.svg', want: 'other' },
    { name: 'empty.jpg', want: 'other' },
  ] as const)('takes $name for $want whatever it is called', ({ name, want }) => {
    expect(sniff(head(name))).toBe(want)
  })

  test('knows WebP', () => {
    expect(sniff(Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1'))).toBe('webp')
  })
})

describe('pictureSize', () => {
  test.each([
    { name: 'portrait-12mp.jpg', want: { width: 4032, height: 3024 } },
    { name: 'bomb-20000.png', want: { width: 20_000, height: 20_000 } },
    { name: 'fake.heic', want: undefined },
    { name: 'empty.jpg', want: undefined },
  ] as const)('reads what the header of $name claims', ({ name, want }) => {
    expect(pictureSize(head(name))).toEqual(want)
  })

  test.each([
    { name: 'lossy', bytes: 'RIFF____WEBPVP8 ____\0\0\0\x9d\x01\x2a\x40\x06\xb0\x04', want: { width: 1600, height: 1200 } },
    { name: 'lossless', bytes: `RIFF____WEBPVP8L____\x2f${le(1599 | (1199 << 14), 4)}_____`, want: { width: 1600, height: 1200 } },
    { name: 'extended', bytes: `RIFF____WEBPVP8X____\0\0\0\0${le(1599, 3)}${le(1199, 3)}`, want: { width: 1600, height: 1200 } },
  ])('reads a $name WebP', ({ bytes, want }) => {
    expect(pictureSize(Buffer.from(bytes, 'latin1'))).toEqual(want)
  })

  test('survives every truncation', () => {
    const bytes = head('gps-small.jpg').subarray(0, 900)
    for (let length = 0; length <= bytes.length; length++) expect(() => pictureSize(bytes.subarray(0, length))).not.toThrow()
  })
})

function le(value: number, bytes: number): string {
  return Array.from({ length: bytes }, (_, i) => String.fromCharCode((value >>> (8 * i)) & 0xff)).join('')
}
