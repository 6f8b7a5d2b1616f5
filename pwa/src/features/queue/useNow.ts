import { onScopeDispose, readonly, type Ref, shallowRef } from 'vue'

/** The phone's time, Unix ms, once a second while the page is looked at. */
export function useNow(): Readonly<Ref<number>> {
  const now = shallowRef(Date.now())
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') now.value = Date.now()
  }, 1000)
  onScopeDispose(() => { clearInterval(timer) })
  return readonly(now)
}
