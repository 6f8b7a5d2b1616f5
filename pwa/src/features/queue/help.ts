import { formatMoment } from '@/i18n/dates'
import { t } from '@/i18n/i18n'
import type { VisitView } from '@/sync/visits'

/** What the office needs to find the record: where, when, why. Nothing of what was written in it. */
export function helpText({ id, visit }: Pick<VisitView, 'id' | 'visit'>, why: string, code: string): string {
  return t('queue.help.text', { place: visit.where.name, when: formatMoment(visit.when.start), why, code, id })
}

/** Shares the text, or copies it where there is no share sheet. closed: the person changed their mind. */
export async function handHelp(text: string): Promise<'shared' | 'closed' | 'copied' | 'failed'> {
  if (typeof navigator.share === 'function') {
    try {
      await navigator.share({ text })
      return 'shared'
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'AbortError') return 'closed'
      // The sheet does not take it: copy instead.
    }
  }
  try {
    await navigator.clipboard.writeText(text)
    return 'copied'
  } catch {
    return 'failed' // the browser forbids it: the page shows the text
  }
}
