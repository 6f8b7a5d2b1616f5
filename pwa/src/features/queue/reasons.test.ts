import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { en } from '@/i18n/en'
import { zhCN } from '@/i18n/zh-CN'
import { reasonOfStored } from './reasons'

/** Every code of the wire, read from the generated types: the type alone is not there at run time. */
const wire = readFileSync(new URL('../../wire/generated.ts', import.meta.url), 'utf8')
const [, union = ''] = /export type Code =\n((?:\s+\| '\w+'\n)+)/.exec(wire) ?? []
const codes = [...union.matchAll(/'(\w+)'/g)].map(match => match[1] ?? '')

describe('reasons', () => {
  it('are found in the generated types', () => {
    expect(codes.length).toBeGreaterThan(30)
    expect(codes).toContain('too_many_photos')
  })

  it.each([...codes, 'bytes_lost', 'unsendable'])('%s has words in both languages', (code) => {
    const { words } = reasonOfStored(code)
    expect(words).not.toBe('queue.why.unknown')
    expect(zhCN[words]).not.toBe('')
    expect(en[words]).not.toBe('')
  })

  it.each(['', 'from_the_future', 'constructor'])('an unknown code %j names itself', (code) => {
    expect(reasonOfStored(code).words).toBe('queue.why.unknown')
  })
})
