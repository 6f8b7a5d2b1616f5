// What a stored photo may not hold.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

export const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')

/** Fails unless `bytes` are a plain JPEG: no EXIF, no XMP, no comment, no position, nothing after its end. A colour profile (APP2) tells nobody anything. */
export function assertClean(bytes, what) {
  assert.equal(bytes.readUInt16BE(0), 0xffd8, `${what} is a JPEG`)
  assert.equal(bytes.readUInt16BE(bytes.length - 2), 0xffd9, `${what} ends with the picture`)
  const markers = []
  for (let at = 2; bytes[at + 1] !== 0xda; at += 2 + bytes.readUInt16BE(at + 2)) {
    const isProfile = bytes[at + 1] === 0xe2 && bytes.toString('latin1', at + 4, at + 15) === 'ICC_PROFILE'
    if (!isProfile) markers.push(bytes[at + 1])
  }
  assert.deepEqual(markers.filter(marker => (marker > 0xe0 && marker <= 0xef) || marker === 0xfe), [], `${what} has no metadata`)
  for (const word of ['Exif', 'GPS', 'http://ns.adobe.com']) assert.ok(!bytes.includes(word), `${what} holds ${word}`)
}
