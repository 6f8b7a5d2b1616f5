/**
 * Says whether two JSON values are the same: equal canonical JSON (RFC 8785) after Unicode normalisation (NFC). An absent
 * value counts as null. The server judges by the same rule (I7).
 */
export function equal(a: unknown, b: unknown): boolean {
  return a === b || canonical(a) === canonical(b)
}

function canonical(value: unknown): string {
  return write(value).normalize('NFC')
}

function write(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  // Keys in order of their UTF-16 units, which is how JavaScript sorts.
  const members = Object.entries(value).filter(([, member]) => member !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join(',')}}`
}
