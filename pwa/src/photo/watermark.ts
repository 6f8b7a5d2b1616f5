/** Text placed on a picture: sizes and positions in px, `x`/`y` the start of the baseline. */
export interface WatermarkLayout {
  font: string
  lines: { text: string, x: number, y: number }[]
  /** The darkened strip under the text. */
  band: { x: number, y: number, width: number, height: number }
}

/** Returns the width, px, of `text` drawn in `font`. */
export type Measure = (text: string, font: string) => number

const FAMILY = 'system-ui, "PingFang SC", "HarmonyOS Sans SC", "MiSans", "Noto Sans SC", sans-serif'
const MIN_FONT = 14

/**
 * Lays `lines` out in the lower left of a picture of `width` × `height` px, first line on top. Type is 1/36 of the longer side and shrinks
 * until every line fits; what is still too long is cut with an ellipsis. Empty lines are dropped; without lines the result is undefined.
 */
export function layoutWatermark(lines: readonly string[], width: number, height: number, measure: Measure): WatermarkLayout | undefined {
  const wanted = lines.map(line => line.trim()).filter(line => line !== '')
  if (wanted.length === 0) return undefined
  let size = Math.max(MIN_FONT, Math.round(Math.max(width, height) / 36))
  const fits = () => wanted.every(line => measure(line, fontOf(size)) <= width - 2 * padding(size)) && bandHeight(wanted.length, size) <= height / 2
  while (size > MIN_FONT && !fits()) size--

  const font = fontOf(size)
  const pad = padding(size)
  const bandTop = Math.max(0, height - bandHeight(wanted.length, size))
  return {
    font,
    lines: wanted.map((line, i) => ({ text: clip(line, width - 2 * pad, font, measure), x: pad, y: bandTop + pad + Math.round(size * (i * 1.4 + 1)) })),
    band: { x: 0, y: bandTop, width, height: height - bandTop },
  }
}

/** What is needed of a 2D context, page and worker alike. */
type Pen = Pick<CanvasRenderingContext2D, 'font' | 'fillStyle' | 'textBaseline' | 'fillRect' | 'fillText' | 'measureText'>

/** Draws `lines` onto the picture behind `pen`, whose size is `width` × `height` px. */
export function drawWatermark(pen: Pen, lines: readonly string[], width: number, height: number): void {
  const layout = layoutWatermark(lines, width, height, (text, font) => {
    pen.font = font
    return pen.measureText(text).width
  })
  if (layout === undefined) return
  pen.fillStyle = 'rgb(0 0 0 / 0.55)'
  pen.fillRect(layout.band.x, layout.band.y, layout.band.width, layout.band.height)
  pen.font = layout.font
  pen.fillStyle = '#ffffff'
  pen.textBaseline = 'alphabetic'
  for (const line of layout.lines) pen.fillText(line.text, line.x, line.y)
}

function fontOf(size: number): string {
  return `${size}px ${FAMILY}`
}

function padding(size: number): number {
  return Math.round(size * 0.6)
}

function bandHeight(count: number, size: number): number {
  return Math.round(size * (count * 1.4 - 0.2)) + 2 * padding(size)
}

function clip(line: string, room: number, font: string, measure: Measure): string {
  if (measure(line, font) <= room) return line
  const letters = Array.from(line)
  while (letters.length > 1 && measure(`${letters.join('')}…`, font) > room) letters.pop()
  return `${letters.join('')}…`
}
