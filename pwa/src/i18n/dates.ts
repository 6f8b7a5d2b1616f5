// Times are RFC 3339 UTC wherever they are kept and become Shanghai time only here, whatever zone the phone is in.
import { currentLanguage } from './i18n'

const zone = 'Asia/Shanghai'
/** Shanghai has been UTC+8 all year since 1991. */
const offset = '+08:00'

type Parts = Readonly<Record<'year' | 'month' | 'day' | 'weekday' | 'hour' | 'minute', string>>

function parts(time: string, language: string): Parts {
  const formatter = new Intl.DateTimeFormat(language, {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  })
  const found = new Map(formatter.formatToParts(new Date(time)).map((part) => [part.type, part.value]))
  const get = (type: Intl.DateTimeFormatPartTypes): string => found.get(type) ?? ''
  return { year: get('year'), month: get('month'), day: get('day'), weekday: get('weekday'), hour: get('hour'), minute: get('minute') }
}

const english = (): boolean => currentLanguage.value === 'en'

/** `19:20` */
export function formatTime(time: string): string {
  const { hour, minute } = parts(time, currentLanguage.value)
  return `${hour}:${minute}`
}

/** `11-17 周二`, `Tue 17 Nov` */
export function formatDay(time: string): string {
  const { month, day, weekday } = parts(time, currentLanguage.value)
  return english() ? `${weekday} ${Number(day)} ${monthName(time)}` : `${month}-${day} ${weekday}`
}

/** `11-17 周二 19:20`, `Tue 17 Nov, 19:20` */
export function formatMoment(time: string): string {
  return english() ? `${formatDay(time)}, ${formatTime(time)}` : `${formatDay(time)} ${formatTime(time)}`
}

/** `11月23日 周一`, `Monday 23 November`: for the head of a page. */
export function formatLongDay(time: string): string {
  const date = new Date(time)
  if (english()) {
    const { day } = parts(time, 'en')
    const name = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat('en', { timeZone: zone, ...options }).format(date)
    return `${name({ weekday: 'long' })} ${Number(day)} ${name({ month: 'long' })}`
  }
  const { month, day, weekday } = parts(time, 'zh-CN')
  return `${Number(month)}月${Number(day)}日 ${weekday}`
}

function monthName(time: string): string {
  return new Intl.DateTimeFormat('en', { timeZone: zone, month: 'short' }).format(new Date(time))
}

/** `2026-11-17`: the day in Shanghai that `time` falls on, for comparing and grouping. */
export function shanghaiDay(time: string): string {
  const { year, month, day } = parts(time, 'en')
  return `${year}-${month}-${day}`
}

/** The Monday of the week of `time` in Shanghai, as `2026-11-16`. */
export function shanghaiMonday(time: string): string {
  const noon = new Date(`${shanghaiDay(time)}T12:00:00Z`)
  noon.setUTCDate(noon.getUTCDate() - ((noon.getUTCDay() + 6) % 7))
  return noon.toISOString().slice(0, 10)
}

/** What `<input type="datetime-local">` shows for `time`: `2026-11-17T19:20` in Shanghai. */
export function toInputTime(time: string): string {
  return `${shanghaiDay(time)}T${formatTime(time)}`
}

/** The RFC 3339 UTC time of what such an input holds, or null when it is empty or no time. */
export function fromInputTime(text: string): string | null {
  const date = new Date(`${text}:00${offset}`)
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) && !Number.isNaN(date.getTime()) ? date.toISOString().replace('.000Z', 'Z') : null
}
