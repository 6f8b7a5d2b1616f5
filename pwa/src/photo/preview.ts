import { blockSize, type Stroke } from './mosaic'

/** A photo opened for the mosaic editor: draws what the result will look like, without computing it. */
export interface Preview {
  readonly width: number
  readonly height: number
  /** Draws the photo, its covered areas and, if given, the circle the keyboard moves. */
  draw(canvas: HTMLCanvasElement, strokes: readonly Stroke[], cursor?: Stroke): void
  close(): void
}

/** Opens a stored photo. Rejects if the browser cannot decode it, which for a photo of ours means that memory is short. */
export async function openPreview(bytes: ArrayBuffer): Promise<Preview> {
  const photo = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }))
  const { width, height } = photo
  const block = blockSize(width, height)
  const blocks = shrunkToBlocks(photo, block)

  function draw(canvas: HTMLCanvasElement, strokes: readonly Stroke[], cursor?: Stroke): void {
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
    }
    const pen = canvas.getContext('2d')
    if (pen === null) return
    pen.drawImage(photo, 0, 0)
    pen.save()
    pen.beginPath()
    for (const stroke of strokes) trace(pen, stroke, width, height)
    pen.clip()
    pen.imageSmoothingEnabled = false
    if (strokes.length > 0) pen.drawImage(blocks, 0, 0, blocks.width * block, blocks.height * block)
    pen.restore()
    if (cursor !== undefined) ring(pen, cursor, width, height)
  }

  return { width, height, draw, close: () => { photo.close() } }
}

/** Returns the photo with one pixel per mosaic block. */
function shrunkToBlocks(photo: ImageBitmap, block: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = Math.ceil(photo.width / block)
  canvas.height = Math.ceil(photo.height / block)
  const pen = canvas.getContext('2d')
  if (pen === null) return canvas
  pen.imageSmoothingQuality = 'high'
  pen.drawImage(photo, 0, 0, photo.width / block, photo.height / block)
  return canvas
}

function trace(pen: CanvasRenderingContext2D, { x, y, r }: Stroke, width: number, height: number): void {
  const radius = r * Math.max(width, height)
  pen.moveTo(x * width + radius, y * height)
  pen.arc(x * width, y * height, radius, 0, 2 * Math.PI)
}

/** White within black: it shows on snow and at night. */
function ring(pen: CanvasRenderingContext2D, cursor: Stroke, width: number, height: number): void {
  const unit = Math.max(width, height) / 320
  for (const [style, lineWidth] of [['#000000', 4 * unit], ['#ffffff', 2 * unit]] as const) {
    pen.beginPath()
    trace(pen, cursor, width, height)
    pen.strokeStyle = style
    pen.lineWidth = lineWidth
    pen.stroke()
  }
}
