import type { Told } from '@/auth/office'
import { t } from '@/i18n/i18n'

/** Why the office's request did not work, in words. Import faults and lost answers are told by their own pages. */
export function troubleWords(told: Exclude<Told<unknown>, { at: 'ok' }>): string {
  if (told.at === 'unknown') return t('admin.offline')
  switch (told.code) {
    case 'unauthenticated': return t('admin.signIn')
    case 'forbidden': return t('admin.denied')
    default: return t('admin.server', { code: told.code })
  }
}

/** Hands `text` to the browser's downloads as `name`. */
export function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => { URL.revokeObjectURL(address) }, 60_000)
}
