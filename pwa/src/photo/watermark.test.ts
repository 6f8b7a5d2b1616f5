import { describe, expect, test } from 'vitest'
import { layoutWatermark } from './watermark'

/** Chinese type: every letter as wide as it is high. */
const measure = (text: string, font: string) => Array.from(text).length * Number.parseFloat(font)

describe('layoutWatermark', () => {
  test('puts the lines in the lower left, first on top, within the band', () => {
    const layout = layoutWatermark(['本机时间 2026-11-17 19:20', '梧桐苑5栋', '辅导员'], 1600, 1200, measure)
    expect(layout?.lines.map(line => line.text)).toEqual(['本机时间 2026-11-17 19:20', '梧桐苑5栋', '辅导员'])
    const baselines = layout?.lines.map(line => line.y) ?? []
    expect([...baselines].sort((a, b) => a - b)).toEqual(baselines)
    expect(baselines[0]).toBeGreaterThan(layout?.band.y ?? 0)
    expect(baselines.at(-1)).toBeLessThan(1200)
    expect((layout?.band.y ?? 0) + (layout?.band.height ?? 0)).toBe(1200)
    expect(layout?.font).toMatch(/^44px /)
  })

  test('shrinks type until the longest line fits', () => {
    const line = '很'.repeat(40)
    const layout = layoutWatermark([line], 1200, 1600, measure)
    expect(layout?.lines[0]?.text).toBe(line)
    expect(measure(line, layout?.font ?? '')).toBeLessThanOrEqual(1200)
  })

  test('cuts what fits at no readable size', () => {
    const layout = layoutWatermark(['很'.repeat(200)], 400, 300, measure)
    expect(layout?.lines[0]?.text).toMatch(/^很+…$/)
    expect(measure(layout?.lines[0]?.text ?? '', layout?.font ?? '')).toBeLessThanOrEqual(400)
  })

  test('without words is none', () => {
    expect(layoutWatermark([' ', ''], 1600, 1200, measure)).toBeUndefined()
  })
})
