import { segments } from './jpeg'
import type { PictureFormat } from './photo'

/** How much of a file `sniff`, `pictureSize` and `takenAt` want to see, bytes. */
export const HEAD_BYTES = 512 * 1024

const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'])

/** Returns what the first bytes of a file say it is; neither its name nor its declared type is asked. */
export function sniff(head: Uint8Array): PictureFormat {
  if (ascii(head, 0, 3) === '\xff\xd8\xff') return 'jpeg'
  if (ascii(head, 0, 8) === '\x89PNG\r\n\x1a\n') return 'png'
  if (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 4) === 'WEBP') return 'webp'
  if (ascii(head, 4, 4) === 'ftyp' && HEIC_BRANDS.has(ascii(head, 8, 4))) return 'heic'
  return 'other'
}

/** Returns the size, px, that the header of a JPEG, PNG or WebP claims, before any decoding; undefined if `head` does not say. */
export function pictureSize(head: Uint8Array): { width: number, height: number } | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  switch (sniff(head)) {
    case 'jpeg': return jpegSize(head, view)
    case 'png': return view.byteLength < 24 ? undefined : { width: view.getUint32(16), height: view.getUint32(20) }
    case 'webp': return view.byteLength < 30 ? undefined : webpSize(head, view)
    case 'heic':
    case 'other': return undefined
  }
}

function jpegSize(head: Uint8Array, view: DataView) {
  for (const { marker, at, end } of segments(head)) {
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame && end - at >= 9) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
  }
  return undefined
}

function webpSize(head: Uint8Array, view: DataView) {
  switch (ascii(head, 12, 4)) {
    case 'VP8 ': return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    case 'VP8L': {
      const bits = view.getUint32(21, true)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X': return { width: (view.getUint32(24, true) & 0xffffff) + 1, height: (view.getUint32(26, true) >>> 8) + 1 }
    default: return undefined
  }
}

function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}
