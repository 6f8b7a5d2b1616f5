import { createUpdates, type Updates } from './updates'

/** The updates of this tab. Rules in `updates.ts`; `main.ts` connects them to the service worker. */
export const updates: Updates = createUpdates({
  reload: () => { window.location.reload() },
  now: () => Date.now(),
  onLine: () => navigator.onLine,
  get memory() {
    return window.sessionStorage
  },
})

/** `updateReady` turns true when a new version waits; `applyUpdate` moves every tab to it, drafts written first. */
export function useUpdate(): Pick<Updates, 'updateReady' | 'applyUpdate'> {
  return updates
}
