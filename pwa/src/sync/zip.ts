/** A file in an archive. `name` is ASCII. */
export interface ZipEntry { readonly name: string, readonly bytes: Uint8Array<ArrayBuffer> }

/** Packs files without compression (photos have none to gain). `now`, Unix ms, is written as their time, in UTC. */
export async function zip(entries: AsyncIterable<ZipEntry>, now: number): Promise<Blob> {
  // A blob may go to the disk, so that a small phone does not have to hold all entries at once.
  const parts: Blob[] = []
  const directory: Uint8Array<ArrayBuffer>[] = []
  let offset = 0
  let count = 0
  for await (const { name, bytes } of entries) {
    const label = new TextEncoder().encode(name)
    const common = [[2, 20], [2, 0], [2, 0], ...dosTime(now), [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, label.length], [2, 0]] as const
    const local = record([[4, 0x04034b50], ...common])
    directory.push(record([[4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), label)
    parts.push(new Blob([local, label, bytes]))
    count++
    offset += local.length + label.length + bytes.length
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0)
  const end = record([[4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]])
  return new Blob([...parts, ...directory, end], { type: 'application/zip' })
}

/** Little-endian numbers of 2 or 4 bytes, one after the other. */
function record(fields: readonly (readonly [2 | 4, number])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += width
  }
  return bytes
}

function dosTime(now: number): readonly (readonly [2, number])[] {
  const date = new Date(now)
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1)
  const day = ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()
  return [[2, time], [2, day]]
}

const table = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}
