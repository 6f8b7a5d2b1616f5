import { readdirSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { en } from './en'
import { loadLanguage, t } from './i18n'
import { format, type Message } from './message'
import { zhCN } from './zh-CN'

const forms = (message: Message): string[] => (typeof message === 'string' ? [message] : [message.one, message.other])
const placeholders = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort()

describe('dictionaries', () => {
  it.each(Object.keys(zhCN) as (keyof typeof zhCN)[])('%s says the same things in both languages', (key) => {
    for (const text of forms(en[key])) {
      expect(text).not.toBe('')
      expect(placeholders(text)).toEqual(placeholders(zhCN[key]))
    }
  })

  it('hold each area in a file of its own, in both languages', () => {
    const files = (language: string): string[] => readdirSync(new URL(`./${language}`, import.meta.url)).sort()
    expect(files('en')).toEqual(files('zh-CN'))
    const areas = files('zh-CN').map((file) => file.replace('.ts', ''))
    expect([...new Set(Object.keys(zhCN).map((key) => key.split('.')[0]))].sort()).toEqual(areas)
  })

  it('speak without exclamation marks', () => {
    const loud = Object.values({ ...zhCN, ...Object.fromEntries(Object.entries(en).map(([key, message]) => [`en.${key}`, forms(message).join(' ')])) }).filter((text) => /[!!]/.test(text))
    expect(loud).toEqual([])
  })
})

describe('format', () => {
  it('fills placeholders and leaves a forgotten one visible', () => {
    expect(format('本机 {n},{what}', 'zh-CN', { n: 2 })).toBe('本机 2,{what}')
  })

  it('chooses the plural form by n', () => {
    const message = { one: '{n} photo', other: '{n} photos' }
    expect([0, 1, 2].map((n) => format(message, 'en', { n }))).toEqual(['0 photos', '1 photo', '2 photos'])
  })
})

describe('t', () => {
  afterEach(() => loadLanguage('zh-CN'))

  it('speaks Chinese until told otherwise', async () => {
    expect(t('common.state.attention')).toBe('需要您看一下')
    await expect(loadLanguage('en')).resolves.toBe(true)
    expect(t('common.state.attention')).toBe('Needs a look from you')
  })
})
