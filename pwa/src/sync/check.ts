import { isRecord } from '@/wire/guards'

/** Judges a value that is not null. */
export type Check = (value: unknown) => boolean

type Shape = Readonly<Record<string, 'string' | 'number' | 'boolean'>>

/**
 * Reads an object of exactly these members, absent ones as their zero value; undefined if there is a member too many or
 * one of another type. Numbers are whole. The server reads its structs the same way.
 */
export function shaped(value: unknown, shape: Shape): Readonly<Record<string, unknown>> | undefined {
  if (!isRecord(value) || Object.keys(value).some(key => !(key in shape))) return undefined
  const read: Record<string, unknown> = {}
  for (const [key, type] of Object.entries(shape)) {
    const member = value[key] ?? zero[type]
    if (typeof member !== type || (type === 'number' && !Number.isSafeInteger(member))) return undefined
    read[key] = member
  }
  return read
}

const zero = { string: '', number: 0, boolean: false } as const

export const object = (shape: Shape, judge: (read: Readonly<Record<string, unknown>>) => boolean): Check => value => {
  const read = shaped(value, shape)
  return read !== undefined && judge(read)
}

export const oneOf = (...values: readonly string[]): Check => value => typeof value === 'string' && values.includes(value)

export const within = (value: unknown, from: number, to: number): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= from && value <= to

export const count = (max: number): Check => value => within(value, 0, max)

/** At most `max` code points. */
export const text = (max: number): Check => value => typeof value === 'string' && [...value].length <= max

export const named = (max: number): Check => value => value !== '' && text(max)(value)

export const uuid: Check = value => typeof value === 'string' && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(value)

export const hash: Check = value => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

/** RFC 3339 in UTC with milliseconds, as this app and the server write times. */
export const time: Check = value => parseTime(value) !== undefined

/** Unix milliseconds of a time on the wire, or undefined. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return undefined
  const ms = Date.parse(value)
  return Number.isNaN(ms) || new Date(ms).toISOString() !== value ? undefined : ms
}
