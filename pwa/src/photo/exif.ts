import { segments } from './jpeg'

const APP1 = 0xe1
const EXIF_IFD = 0x8769
const DATE_TIME_ORIGINAL = 0x9003
const OFFSET_TIME_ORIGINAL = 0x9011
const EXIF_HEADER = 'Exif\0\0'

/**
 * Returns when the shutter opened, RFC 3339 in UTC with seconds, from DateTimeOriginal of a JPEG's EXIF block.
 * The camera writes its wall clock; where it names no offset beside it, the phone's own time zone is assumed.
 * Undefined if there is no such field or it is no moment of this century. Nothing else is read, the position least of all.
 */
export function takenAt(head: Uint8Array): string | undefined {
  for (const { marker, at, end } of segments(head)) {
    if (marker !== APP1) continue
    const body = head.subarray(at + 4, end)
    if (text(body, 0, EXIF_HEADER.length) !== EXIF_HEADER) continue
    return moment(body.subarray(EXIF_HEADER.length))
  }
  return undefined
}

/** Says whether `taken` (RFC 3339) can be when a photo was taken if it is `now` (Unix ms): a camera set more than a day ahead says nothing. */
export function plausible(taken: string, now: number): boolean {
  return Date.parse(taken) <= now + 86_400_000
}

function moment(tiff: Uint8Array): string | undefined {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  if (view.byteLength < 8) return undefined
  const order = text(tiff, 0, 2)
  if (order !== 'II' && order !== 'MM') return undefined
  const little = order === 'II'
  if (view.getUint16(2, little) !== 42) return undefined

  const exif = field(view, view.getUint32(4, little), EXIF_IFD, little)
  if (exif === undefined) return undefined
  const ifd = view.getUint32(exif + 8, little)
  const wall = string(tiff, view, field(view, ifd, DATE_TIME_ORIGINAL, little), little)
  const offset = string(tiff, view, field(view, ifd, OFFSET_TIME_ORIGINAL, little), little)
  return wall === undefined ? undefined : utc(wall, offset)
}

/** Returns the offset of the 12-byte entry `tag` in the directory at `ifd`. */
function field(view: DataView, ifd: number, tag: number, little: boolean): number | undefined {
  if (ifd + 2 > view.byteLength) return undefined
  const count = view.getUint16(ifd, little)
  for (let at = ifd + 2; at < ifd + 2 + count * 12 && at + 12 <= view.byteLength; at += 12) {
    if (view.getUint16(at, little) === tag) return at
  }
  return undefined
}

/** Returns the ASCII value of the entry at `entry`; both fields we read are longer than the four bytes that would be stored inline. */
function string(tiff: Uint8Array, view: DataView, entry: number | undefined, little: boolean): string | undefined {
  if (entry === undefined || view.getUint16(entry + 2, little) !== 2) return undefined
  const length = view.getUint32(entry + 4, little)
  const at = view.getUint32(entry + 8, little)
  if (length < 5 || length > 64 || at + length > view.byteLength) return undefined
  return text(tiff, at, length - 1)
}

function utc(wall: string, offset: string | undefined): string | undefined {
  const parts = /^(20\d\d):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(wall)
  if (parts === null) return undefined
  const [, year, month, day, hour, minute, second] = parts
  const zone = offset !== undefined && /^[+-]\d\d:\d\d$/.test(offset) ? offset : ''
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace('.000Z', 'Z')
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}
