import type { SignInResult } from '@/auth/session'
import { t } from '@/i18n/i18n'
import type { PasswordChange } from '@/wire/generated'

/** Why signing in did not work, and what is safe and to be done. */
export interface Trouble { readonly what: string, readonly safe: string }

/** The words for a sign-in that did not work. */
export function signInTrouble(result: Exclude<SignInResult, { at: 'ok' }>): Trouble {
  if (result.at === 'offline') return { what: t('auth.trouble.offline'), safe: t('auth.trouble.offline.next') }
  switch (result.code) {
    case 'credentials':
    case 'invalid':
      return { what: t('auth.trouble.credentials'), safe: t('auth.trouble.credentials.next') }
    case 'too_many':
      return { what: t('auth.trouble.tooMany', { wait: waitWords(result.retryAfter) }), safe: t('auth.trouble.tooMany.next') }
    case 'unavailable':
      return { what: t('auth.trouble.busy', { wait: waitWords(result.retryAfter) }), safe: t('auth.trouble.busy.next') }
    case 'update':
      return { what: t('auth.trouble.update'), safe: t('auth.trouble.busy.next') }
    default:
      return { what: t('auth.trouble.server'), safe: t('auth.trouble.server.next', { code: result.code }) }
  }
}

/** A waiting time people can plan with: seconds below two minutes, else minutes, rounded up. */
export function waitWords(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds))
  return whole < 120 ? t('auth.wait.seconds', { n: whole }) : t('auth.wait.minutes', { n: Math.ceil(whole / 60) })
}

/** What is wrong with a new password, told before it is sent; empty if nothing is. The server also knows what everybody tries first. */
export function newPasswordFault(change: PasswordChange, username: string): string {
  const length = [...change.new].length
  if (length < 8) return t('auth.newPassword.short')
  if (length > 128) return t('auth.newPassword.long')
  if (change.new === change.old) return t('auth.newPassword.same')
  if (change.new.toLowerCase() === username.trim().toLowerCase()) return t('auth.newPassword.username')
  return ''
}
