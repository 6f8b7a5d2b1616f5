import { takenAt } from './exif'
import { withoutMetadata } from './jpeg'
import type { Stroke } from './mosaic'
import { pixelate } from './mosaic'
import type { PhotoFailure, PictureFormat, ShrunkPhoto } from './photo'
import { fit, PHOTO_BYTES, PHOTO_EDGE, PhotoError, SOURCE_BYTES, SOURCE_PIXELS, THUMB_BYTES, THUMB_EDGE } from './photo'
import { HEAD_BYTES, pictureSize, sniff } from './sniff'
import type { OpenSurface, Surface } from './surface'
import { drawWatermark } from './watermark'

/** One picture to develop: mosaic first, then watermark (lines, top to bottom), then the hash over what came out. */
export interface Job {
  file: Blob
  strokes: readonly Stroke[]
  watermark: readonly string[]
}

const QUALITIES = [0.8, 0.65]
const THUMB_EDGES = [THUMB_EDGE, 240, 160]
const THUMB_QUALITIES = [0.6, 0.45, 0.3]

/**
 * Turns a picture file into the photo that is stored: upright, at most 1600 px, JPEG without metadata, hashed.
 * Decodes one picture and never holds a canvas of its size. Rejects with `PhotoError`.
 */
export async function develop(job: Job, open: OpenSurface): Promise<ShrunkPhoto> {
  if (job.file.size > SOURCE_BYTES) throw new PhotoError({ kind: 'too_large', limit: 'bytes' })
  const head = await readHead(job.file)
  const format = sniff(head)
  refuseHuge(pictureSize(head))
  const taken = takenAt(head)

  const bitmap = await decode(job.file, format)
  let print: Surface | undefined
  try {
    refuseHuge(bitmap)
    const size = fit(bitmap.width, bitmap.height, PHOTO_EDGE)
    print = open(size.width, size.height)
    print.pen.drawImage(bitmap, 0, 0, size.width, size.height)
    bitmap.close()
    retouch(print, job, size)
    const bytes = await encode(print, format)
    const thumb = await thumbnail(print, format, open)
    return { bytes, ...size, sha256: await sha256(bytes), thumb, ...(taken !== undefined && { takenAt: taken }) }
  } catch (cause) {
    throw asPhotoError(cause, { kind: 'no_memory' })
  } finally {
    bitmap.close()
    print?.close()
  }
}

async function readHead(file: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())
  } catch (cause) { // the album took the file away, or it lives in a cloud we cannot reach
    throw asPhotoError(cause, { kind: 'unreadable', format: 'other' })
  }
}

function refuseHuge(size: { width: number, height: number } | undefined): void {
  if (size !== undefined && size.width * size.height > SOURCE_PIXELS) throw new PhotoError({ kind: 'too_large', limit: 'pixels' })
}

async function decode(file: Blob, format: PictureFormat): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' }).catch((cause: unknown) => {
      if (cause instanceof TypeError) return createImageBitmap(file) // Chromium before 112 has no such option and turns the picture by itself
      throw cause
    })
  } catch (cause) {
    throw asPhotoError(cause, { kind: 'unreadable', format })
  }
}

function retouch(print: Surface, job: Job, { width, height }: { width: number, height: number }): void {
  if (job.strokes.length > 0) {
    const pixels = print.pen.getImageData(0, 0, width, height)
    pixelate(pixels.data, width, height, job.strokes)
    print.pen.putImageData(pixels, 0, 0)
  }
  drawWatermark(print.pen, job.watermark, width, height)
}

async function encode(print: Surface, format: PictureFormat): Promise<ArrayBuffer> {
  let jpeg = await encodeAt(print, QUALITIES[0], format)
  for (const quality of QUALITIES.slice(1)) {
    if (jpeg.byteLength > PHOTO_BYTES) jpeg = await encodeAt(print, quality, format)
  }
  return jpeg
}

async function thumbnail(print: Surface, format: PictureFormat, open: OpenSurface): Promise<ArrayBuffer> {
  let jpeg = new ArrayBuffer(0)
  for (const edge of THUMB_EDGES) {
    const size = fit(print.image.width, print.image.height, edge)
    const small = open(size.width, size.height)
    try {
      small.pen.drawImage(print.image, 0, 0, size.width, size.height)
      for (const quality of THUMB_QUALITIES) {
        jpeg = await encodeAt(small, quality, format)
        if (jpeg.byteLength <= THUMB_BYTES) return jpeg
      }
    } finally {
      small.close()
    }
  }
  return jpeg // noise only: 160 px at the lowest quality stays far below the limit
}

async function encodeAt(surface: Surface, quality: number | undefined, format: PictureFormat): Promise<ArrayBuffer> {
  const blob = await surface.jpeg(quality ?? 0.8)
  if (blob.type !== 'image/jpeg') throw new PhotoError({ kind: 'unreadable', format })
  return withoutMetadata(new Uint8Array(await blob.arrayBuffer())).buffer
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}

function asPhotoError(cause: unknown, otherwise: PhotoFailure): PhotoError {
  if (cause instanceof PhotoError) return cause
  return new PhotoError(cause instanceof RangeError ? { kind: 'no_memory' } : otherwise, { cause })
}
