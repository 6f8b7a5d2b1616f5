import { liveQuery } from 'dexie'
import { onScopeDispose, type Ref, shallowReadonly, shallowRef, watch, type WatchSource } from 'vue'

/**
 * The result of `query`, run again whenever a row it read changes, in this tab or another. `initial` until the first result.
 * With `sources`, the query also starts anew when one of them changes. `failed` is told what went wrong; the last result stays.
 */
export function useLive<T>(query: () => Promise<T>, initial: T, options: { sources?: WatchSource[], failed?: (cause: unknown) => void } = {}): Readonly<Ref<T>> {
  const state = shallowRef(initial)
  const start = () => liveQuery(query).subscribe({
    next: value => { state.value = value },
    error: (cause: unknown) => { options.failed?.(cause) },
  })
  let subscription = start()
  if (options.sources !== undefined) {
    watch(options.sources, () => {
      subscription.unsubscribe()
      subscription = start()
    })
  }
  onScopeDispose(() => { subscription.unsubscribe() }, true)
  return shallowReadonly(state)
}
