import { type MessageKey, t } from '@/i18n/i18n'
import type { Attention } from '@/sync/visits'

/** What happened and the one next step, in words. */
export interface Reason { readonly what: string, readonly next: string }

const byCode: Readonly<Record<string, 'confirmed' | 'gone' | 'state' | 'forbidden' | 'waits' | 'time' | 'invalid'>> = {
  confirmed: 'confirmed', gone: 'gone', no_document: 'gone', state: 'state', forbidden: 'forbidden', waits: 'waits', time: 'time',
  invalid: 'invalid', write_once: 'invalid', too_many_photos: 'invalid', malformed: 'invalid',
}

export function reasonOf(item: Attention): Reason {
  const name = item.about === 'photo' ? 'photo' : byCode[item.code] ?? 'other'
  const what: MessageKey = `visit.reason.${name}`
  // What the server never took cannot be corrected there.
  const next: MessageKey = item.about === 'mutation' && item.create && item.outcome === 'refused' ? 'visit.reason.again.next' : `visit.reason.${name}.next`
  return { what: t(what), next: t(next) }
}
