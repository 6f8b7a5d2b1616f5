/** A round area to make unrecognisable: centre as parts (0–1) of width and height, radius as part of the longer side. */
export interface Stroke { x: number, y: number, r: number }

/** How many blocks the longer side is divided into: 64 px each in a photo of 1600 px. */
const BLOCKS = 25

/** Returns the side of a mosaic block, px, in a picture of `width` × `height`. */
export function blockSize(width: number, height: number): number {
  return Math.max(8, Math.round(Math.max(width, height) / BLOCKS))
}

/**
 * Replaces, in place, every pixel inside a stroke by the mean colour of its block. `pixels` is RGBA, row by row.
 * Blocks lie on a fixed grid and their means are taken before anything is replaced, so overlapping strokes change nothing twice.
 */
export function pixelate(pixels: Uint8ClampedArray, width: number, height: number, strokes: readonly Stroke[]): void {
  const block = blockSize(width, height)
  for (let top = 0; top < height; top += block) {
    for (let left = 0; left < width; left += block) {
      const box = { left, top, right: Math.min(left + block, width), bottom: Math.min(top + block, height) }
      const near = strokes.filter(stroke => touches(stroke, box, width, height))
      if (near.length > 0) pixelateBox(pixels, box, near, width, height)
    }
  }
}

interface Box { left: number, top: number, right: number, bottom: number }

function pixelateBox(pixels: Uint8ClampedArray, box: Box, strokes: readonly Stroke[], width: number, height: number): void {
  const mean = meanColour(pixels, box, width)
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      if (strokes.some(stroke => covers(stroke, x + 0.5, y + 0.5, width, height))) pixels.set(mean, (y * width + x) * 4)
    }
  }
}

function meanColour(pixels: Uint8ClampedArray, box: Box, width: number): number[] {
  const sum = [0, 0, 0, 0]
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const at = (y * width + x) * 4
      for (let channel = 0; channel < 4; channel++) sum[channel] = (sum[channel] ?? 0) + (pixels[at + channel] ?? 0)
    }
  }
  const area = (box.right - box.left) * (box.bottom - box.top)
  return sum.map(value => Math.round(value / area))
}

/** Says whether the point (`x`, `y`), px, lies inside `stroke`. */
export function covers(stroke: Stroke, x: number, y: number, width: number, height: number): boolean {
  const radius = stroke.r * Math.max(width, height)
  return (x - stroke.x * width) ** 2 + (y - stroke.y * height) ** 2 <= radius ** 2
}

function touches(stroke: Stroke, box: Box, width: number, height: number): boolean {
  const x = Math.min(Math.max(stroke.x * width, box.left), box.right)
  const y = Math.min(Math.max(stroke.y * height, box.top), box.bottom)
  return covers(stroke, x, y, width, height)
}

/**
 * Returns the strokes a finger leaves on its way from `from` to `to`, `to` included and `from` not, close enough together that no gap shows.
 * `aspect` is width divided by height.
 */
export function along(from: Stroke, to: Stroke, aspect: number): Stroke[] {
  const wide = Math.max(1, aspect)
  const tall = Math.max(1, 1 / aspect)
  const distance = Math.hypot((to.x - from.x) / tall, (to.y - from.y) / wide)
  const steps = Math.max(1, Math.ceil(distance / (to.r / 2)))
  return Array.from({ length: steps }, (_, i) => {
    const part = (i + 1) / steps
    return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part, r: to.r }
  })
}

/** Returns `stroke` moved by `dx`, `dy` (parts of the longer side), kept inside the picture. */
export function nudge(stroke: Stroke, dx: number, dy: number, aspect: number): Stroke {
  const tall = Math.max(1, 1 / aspect)
  const wide = Math.max(1, aspect)
  return { x: clamp(stroke.x + dx * tall), y: clamp(stroke.y + dy * wide), r: stroke.r }
}

function clamp(part: number): number {
  return Math.min(1, Math.max(0, part))
}
