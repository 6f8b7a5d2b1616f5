import { afterEach, describe, expect, it } from 'vitest'
import { formatDay, formatLongDay, formatMoment, formatTime, fromInputTime, shanghaiDay, shanghaiMonday, toInputTime } from './dates'
import { loadLanguage } from './i18n'

const visit = '2026-11-17T11:20:00Z'
const afterMidnight = '2026-11-22T16:00:00Z' // Monday 00:00 in Shanghai, Sunday in UTC

describe('times are shown in Shanghai whatever zone the phone is in', () => {
  it('in Chinese', () => {
    expect(formatMoment(visit)).toBe('11-17 周二 19:20')
    expect(formatDay(afterMidnight)).toBe('11-23 周一')
    expect(formatTime(afterMidnight)).toBe('00:00')
    expect(formatLongDay(afterMidnight)).toBe('11月23日 周一')
  })

  describe('in English', () => {
    afterEach(() => loadLanguage('zh-CN'))

    it('says the weekday first', async () => {
      await loadLanguage('en')
      expect(formatMoment(visit)).toBe('Tue 17 Nov, 19:20')
      expect(formatLongDay(afterMidnight)).toBe('Monday 23 November')
    })
  })
})

describe('days and weeks', () => {
  it('begin at midnight in Shanghai, weeks on Monday', () => {
    expect(shanghaiDay(afterMidnight)).toBe('2026-11-23')
    expect(shanghaiMonday(afterMidnight)).toBe('2026-11-23')
    expect(shanghaiMonday('2026-11-22T15:59:59Z')).toBe('2026-11-16')
    expect(shanghaiMonday('2027-01-01T00:00:00Z')).toBe('2026-12-28')
  })
})

describe('input times', () => {
  it('come back as they went in', () => {
    expect(toInputTime(visit)).toBe('2026-11-17T19:20')
    expect(fromInputTime('2026-11-17T19:20')).toBe(visit)
  })

  it.each(['', '2026-11-17', 'yesterday', '2026-13-40T25:61'])('%j is no time', (text) => {
    expect(fromInputTime(text)).toBeNull()
  })
})
