import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

function colours(selector: string): Map<string, string> {
  const start = css.indexOf(`${selector} {`)
  const block = css.slice(start, css.indexOf('}', start))
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9A-Fa-f]{6});/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
}

/** Relative luminance of WCAG 2.2 for `#rrggbb`. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const texts = ['ink', 'ink-second', 'primary', 'confirmed', 'waiting', 'attention', 'danger']
const themes = [
  { theme: 'light', palette: colours(':root') },
  { theme: 'dark', palette: colours(":root[data-theme='dark']") },
]

describe.each(themes)('$theme', ({ palette }) => {
  const colour = (name: string): string => palette.get(name) ?? expect.fail(`no token --${name}`)

  it.each(texts.flatMap((text) => [[text, 'paper'], [text, 'card']] as const))('text %s on %s is at least 4.5:1', (text, ground) => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5)
  })

  it('text on the primary colour is at least 4.5:1', () => {
    expect(contrast(colour('on-primary'), colour('primary'))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['paper', 'card'])('edges of controls on %s are at least 3:1', (ground) => {
    expect(contrast(colour('edge'), colour(ground))).toBeGreaterThanOrEqual(3)
  })
})

it('both themes define the same colours', () => {
  const [light, dark] = themes.map(({ palette }) => [...palette.keys()].sort())
  expect(dark).toEqual(light)
})
