const day = 86_400_000 // ms
/** Days and weeks are counted in Asia/Shanghai, which has had no summer time since 1991. */
const zone = 8 * 3_600_000

/** A moment as it stands on the wire: RFC 3339 in UTC with milliseconds. Throws `RangeError` for what is no moment. */
export function wireTime(moment: string | number): string {
  return new Date(moment).toISOString()
}

/** The local day (2006-01-02, Asia/Shanghai) of a moment, Unix ms. */
export function localDay(moment: number): string {
  return new Date(moment + zone).toISOString().slice(0, 10)
}

/** The local day `days` after `date` (2006-01-02). */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * day).toISOString().slice(0, 10)
}

/** The Monday (2006-01-02) of the week a local day lies in. */
export function mondayOf(date: string): string {
  return addDays(date, -((new Date(Date.parse(date)).getUTCDay() + 6) % 7))
}

/** When a local day begins, as it stands on the wire. */
export function startOfDay(date: string): string {
  return wireTime(Date.parse(date) - zone)
}

/** The number of days from one local day to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / day)
}
