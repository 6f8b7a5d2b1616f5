import { afterEach, describe, expect, it } from 'vitest'
import { loadLanguage, t } from '@/i18n/i18n'
import { newPasswordFault, signInTrouble, waitWords } from './trouble'

describe('a sign-in that did not work', () => {
  it('says what happened and what is safe', () => {
    expect(signInTrouble({ at: 'offline' }).safe).toContain('记录都在')
    expect(signInTrouble({ at: 'refused', code: 'credentials', retryAfter: 0 }).what).toBe('账号或密码不对')
    expect(signInTrouble({ at: 'refused', code: 'too_many', retryAfter: 30 }).what).toContain('30 秒')
    expect(signInTrouble({ at: 'refused', code: 'internal', retryAfter: 0 }).safe).toContain('internal')
  })
})

describe('waiting times', () => {
  afterEach(() => loadLanguage('zh-CN'))

  it.each([[0, ' 1 秒'], [59.2, ' 60 秒'], [119, ' 119 秒'], [120, ' 2 分钟'], [601, ' 11 分钟']])('%d s is "%s"', (seconds, words) => {
    expect(waitWords(seconds)).toBe(words)
  })

  it('have plural forms in English', async () => {
    await loadLanguage('en')
    expect(waitWords(1)).toBe('1 second')
    expect(waitWords(600)).toBe('10 minutes')
  })
})

describe('a new password', () => {
  it.each([
    { name: 'seven signs', change: { old: 'x', new: '1234567' }, fault: 'auth.newPassword.short' },
    { name: 'characters, not bytes', change: { old: 'x', new: '山高水长风清月明' }, fault: undefined },
    { name: 'a whole page', change: { old: 'x', new: 'a'.repeat(129) }, fault: 'auth.newPassword.long' },
    { name: 'the old one', change: { old: 'quiet-river-7', new: 'quiet-river-7' }, fault: 'auth.newPassword.same' },
    { name: 'the user name', change: { old: 'x', new: 'Zhang.San' }, fault: 'auth.newPassword.username' },
  ] as const)('$name', ({ change, fault }) => {
    expect(newPasswordFault(change, ' zhang.san ')).toBe(fault === undefined ? '' : t(fault))
  })
})
