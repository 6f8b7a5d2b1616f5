import { PhotoError } from './photo'

/** A canvas of a fixed size that can be drawn on, read and encoded; the same in a worker and in a page. */
export interface Surface {
  pen: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D
  image: HTMLCanvasElement | OffscreenCanvas
  /** Encodes as JPEG, `quality` 0–1. A browser that cannot answers with another type: look at it. */
  jpeg(quality: number): Promise<Blob>
  /** Gives the pixels back at once; WebKit keeps them until the next collection otherwise. */
  close(): void
}

/** Opens a surface of `width` × `height` px; throws `no_memory` if the browser will not. */
export type OpenSurface = (width: number, height: number) => Surface

// Each surface is drawn once and encoded: kept by a graphics chip, it would only have to be read back.
const CONTEXT: CanvasRenderingContext2DSettings = { alpha: false, willReadFrequently: true }

export const openOffscreen: OpenSurface = (width, height) => {
  const canvas = new OffscreenCanvas(width, height)
  return surface(canvas, canvas.getContext('2d', CONTEXT), quality => canvas.convertToBlob({ type: 'image/jpeg', quality }))
}

export const openOnPage: OpenSurface = (width, height) => {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  return surface(canvas, canvas.getContext('2d', CONTEXT), quality => new Promise((resolve, reject) => {
    canvas.toBlob(blob => {
      if (blob === null) reject(new PhotoError({ kind: 'no_memory' }))
      else resolve(blob)
    }, 'image/jpeg', quality)
  }))
}

/** Says whether this browser draws and encodes without a page (Safari does since 16.4). */
export function hasOffscreen(): boolean {
  return typeof OffscreenCanvas === 'function'
    && typeof OffscreenCanvas.prototype.convertToBlob === 'function'
    && new OffscreenCanvas(1, 1).getContext('2d') !== null
}

function surface(image: Surface['image'], pen: Surface['pen'] | null, jpeg: Surface['jpeg']): Surface {
  if (pen === null) throw new PhotoError({ kind: 'no_memory' })
  pen.imageSmoothingQuality = 'high'
  pen.fillStyle = '#ffffff' // what shows through a transparent PNG
  pen.fillRect(0, 0, image.width, image.height)
  const close = () => {
    image.width = 0
    image.height = 0
  }
  return { pen, image, jpeg, close }
}
