import { readonly, type Ref, shallowRef } from 'vue'
import { t } from '@/i18n/i18n'
import { useSync } from '@/sync/useSync'

export type ExportState = { readonly at: 'idle' } | { readonly at: 'working' } | { readonly at: 'done', readonly words: string } | { readonly at: 'failed' }

/** 导出未传: collects and hands over; the state says how it went. */
export function useExport(): { readonly state: Readonly<Ref<ExportState>>, readonly exportNow: () => Promise<void> } {
  const { exportUnsent } = useSync()
  const state = shallowRef<ExportState>({ at: 'idle' })

  async function exportNow(): Promise<void> {
    if (state.value.at === 'working') return
    state.value = { at: 'working' }
    try {
      const { handOver } = await import('@/sync/export')
      const exported = await exportUnsent()
      const given = await handOver(exported)
      state.value = given ? { at: 'done', words: t('queue.exported', { n: exported.visits, photos: exported.photos }) } : { at: 'idle' }
    } catch {
      state.value = { at: 'failed' } // no memory for the file, or the database is gone: the records are as they were
    }
  }

  return { state: readonly(state), exportNow }
}
