/** One JPEG marker segment: `at` is the offset of its 0xFF, `end` the offset after its last byte. */
export interface Segment { marker: number, at: number, end: number }

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda

/** Yields the segments between the start of `jpeg` and its pixels, in file order, the start of scan included; stops where they stop making sense. */
export function* segments(jpeg: Uint8Array): Generator<Segment> {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  if (view.byteLength < 4 || view.getUint16(0) !== (0xff00 | SOI)) return
  let at = 2
  while (at + 4 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) { // a fill byte before the marker proper
      at++
      continue
    }
    if (marker === EOI) return
    const end = at + 2 + view.getUint16(at + 2)
    if (end < at + 4 || end > view.byteLength) return
    yield { marker, at, end }
    if (marker === SOS) return
    at = end
  }
}

/**
 * Returns `jpeg` without comments and application segments, except what a decoder needs for the colours: JFIF (APP0), ICC (APP2), Adobe (APP14).
 * Canvas encoders write no position of their own, but some write an EXIF block; after this none is left whichever encoder it was.
 */
export function withoutMetadata(jpeg: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const kept = [jpeg.subarray(0, 2)]
  for (const { marker, at, end } of segments(jpeg)) {
    if (marker === SOS) kept.push(jpeg.subarray(at))
    else if (!isMetadata(marker)) kept.push(jpeg.subarray(at, end))
  }
  const out = new Uint8Array(kept.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of kept) {
    out.set(part, at)
    at += part.byteLength
  }
  return out
}

function isMetadata(marker: number): boolean {
  const app = marker - 0xe0
  return marker === 0xfe || (app >= 0 && app <= 15 && app !== 0 && app !== 2 && app !== 14)
}
