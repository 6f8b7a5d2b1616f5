import { describe, expect, test } from 'vitest'
import { along, blockSize, covers, nudge, pixelate, type Stroke } from './mosaic'

const width = 320
const height = 200

/** Every pixel of another colour, so that any change shows. */
function picture(): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => i % 4 === 3 ? 255 : (i * 2654435761) >>> 24)
}

function pixel(pixels: Uint8ClampedArray, x: number, y: number): number[] {
  return [...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)]
}

function same(a: Uint8ClampedArray, b: Uint8ClampedArray): boolean {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer))
}

describe('pixelate', () => {
  const strokes: Stroke[] = [{ x: 0.5, y: 0.5, r: 0.1 }, { x: 0, y: 0, r: 0.05 }]
  const before = picture()
  const after = picture()
  pixelate(after, width, height, strokes)

  test('changes nothing outside the strokes', () => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const inside = strokes.some(stroke => covers(stroke, x + 0.5, y + 0.5, width, height))
        if (!inside && `${pixel(before, x, y)}` !== `${pixel(after, x, y)}`) expect.fail(`changed at ${x}, ${y}`)
      }
    }
  })

  test('leaves one colour per block inside them', () => {
    const block = blockSize(width, height)
    const colours = new Map<string, string>()
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (!strokes.some(stroke => covers(stroke, x + 0.5, y + 0.5, width, height))) continue
        const key = `${Math.floor(x / block)}:${Math.floor(y / block)}`
        const colour = `${pixel(after, x, y)}`
        expect(colours.get(key) ?? colour).toBe(colour)
        colours.set(key, colour)
      }
    }
    expect(colours.size).toBeGreaterThan(4)
  })

  test('does the same in one go and one stroke twice', () => {
    const twice = picture()
    pixelate(twice, width, height, [...strokes, ...strokes])
    expect(same(twice, after)).toBe(true)
  })

  test('of nothing is the same picture', () => {
    const untouched = picture()
    pixelate(untouched, width, height, [])
    expect(same(untouched, before)).toBe(true)
  })
})

test('a block of a stored photo is 64 px, upright or not', () => {
  expect([blockSize(1600, 1200), blockSize(1200, 1600), blockSize(100, 80)]).toEqual([64, 64, 8])
})

describe('along', () => {
  test('leaves no gap on a long way', () => {
    const path = along({ x: 0.1, y: 0.1, r: 0.04 }, { x: 0.9, y: 0.8, r: 0.04 }, 3 / 4)
    const points = [{ x: 0.1, y: 0.1, r: 0.04 }, ...path]
    points.slice(1).forEach((point, i) => {
      const last = points[i]
      if (last === undefined) return
      expect(Math.hypot((point.x - last.x) * 0.75, point.y - last.y)).toBeLessThanOrEqual(0.0201)
    })
    expect(path.at(-1)).toEqual({ x: 0.9, y: 0.8, r: 0.04 })
  })

  test('of a tap is one stroke', () => {
    const tap = { x: 0.3, y: 0.3, r: 0.05 }
    expect(along(tap, tap, 1)).toEqual([tap])
  })
})

describe('nudge', () => {
  test('moves as far down as it moves right', () => {
    const moved = nudge({ x: 0.5, y: 0.5, r: 0.05 }, 0.03, 0.03, 4 / 3)
    expect((moved.x - 0.5) * 1600).toBeCloseTo((moved.y - 0.5) * 1200)
  })

  test('stays inside the picture', () => {
    expect(nudge({ x: 0.99, y: 0.01, r: 0.05 }, 0.5, -0.5, 1)).toEqual({ x: 1, y: 0, r: 0.05 })
  })
})
