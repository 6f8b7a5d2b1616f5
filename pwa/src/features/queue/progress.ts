/** What the queue page says about one visit and about the loop: pure, so that every case has a test. */
import { t } from '@/i18n/i18n'
import type { QueueItem } from '@/sync/status'
import type { SyncStatus } from '@/sync/loop'

/** Whole seconds until `time` (Unix ms), 0 if it has come. */
export const secondsUntil = (time: number, now: number): number => Math.max(0, Math.ceil((time - now) / 1000))

/** What the loop is doing, in a line; empty while there is nothing to say. */
export function statusWords(status: SyncStatus, now: number): string {
  switch (status.at) {
    case 'idle': return ''
    case 'running': return t(status.phase === 'text' ? 'queue.status.text' : 'queue.status.photos')
    case 'waiting': {
      const n = secondsUntil(status.until, now)
      if (n === 0) return t('queue.status.soon')
      return t(status.why === 'offline' ? 'queue.status.offline' : 'queue.status.busy', { n })
    }
    case 'paused': return t(`queue.paused.${status.why}`)
  }
}

/** What comes next for one visit. Nothing for one that needs the person: its reasons speak. */
export function nextWords(item: Pick<QueueItem, 'view' | 'nextAt' | 'bytesLeft'>, status: SyncStatus, now: number): string {
  const { record } = item.view
  const own = secondsUntil(item.nextAt, now)
  const loop = status.at === 'waiting' ? secondsUntil(status.until, now) : 0
  const n = Math.max(own, loop)
  switch (record.at) {
    case 'local':
      if (own > loop) return t('queue.item.parked', { n: own })
      if (status.at === 'running') return t('queue.item.sending')
      if (status.at === 'paused') return ''
      return n > 0 ? t('queue.item.nextIn', { n }) : t('queue.item.turn')
    case 'sent':
      if (item.bytesLeft === 0) return t('queue.item.elsewhere')
      return [t('queue.item.left', { size: sizeWords(item.bytesLeft) }), ...(n > 0 ? [t('queue.item.nextIn', { n })] : [])].join(' · ')
    case 'confirmed':
    case 'attention':
      return ''
  }
}

/** A size for people: `320 KB`, `1.4 MB`. */
export function sizeWords(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
