/** The longest side of a stored photo and of its thumbnail, px. */
export const PHOTO_EDGE = 1600
export const THUMB_EDGE = 320

/** What a stored photo aims at and what a thumbnail never exceeds, bytes. */
export const PHOTO_BYTES = 500_000
export const THUMB_BYTES = 15_000

/** What the phone is asked to decode at most: file size in bytes, picture size in px. */
export const SOURCE_BYTES = 40_000_000
export const SOURCE_PIXELS = 100_000_000

/** The most photos one visit carries (九宫格). */
export const MAX_PHOTOS = 9

export type PhotoSource = 'camera' | 'album'

export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'heic' | 'other'

/** A photo as it is stored and sent. The original is not part of it and is not kept. */
export interface ShrunkPhoto {
  /** The final JPEG, after shrinking, mosaic and watermark; no metadata in it. */
  bytes: ArrayBuffer
  /** Size of the final JPEG as it is seen, px. */
  width: number
  height: number
  /** SHA-256 of `bytes`, 64 lower-case hex digits. */
  sha256: string
  /** A JPEG of at most 320 px and 15 KB of the same picture. */
  thumb: ArrayBuffer
  /** When the shutter opened according to the camera, RFC 3339 in UTC; absent if the file does not say. */
  takenAt?: string
}

/** Why a picture was not taken. */
export type PhotoFailure =
  | { kind: 'unreadable', format: PictureFormat }
  | { kind: 'too_large', limit: 'bytes' | 'pixels' }
  | { kind: 'no_memory' }

/** Rejection of `shrink` and `mosaic`; anything else they reject with is the reason of an abort or a bug. */
export class PhotoError extends Error {
  constructor(readonly failure: PhotoFailure, options?: ErrorOptions) {
    super(`photo: ${failure.kind}`, options)
    this.name = 'PhotoError'
  }
}

/** Returns the size, px, of a picture scaled so that its longer side is at most `edge`; never enlarged, never 0. */
export function fit(width: number, height: number, edge: number): { width: number, height: number } {
  const scale = Math.min(1, edge / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
