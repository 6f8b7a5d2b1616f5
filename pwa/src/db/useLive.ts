import { liveQuery, type Subscription } from 'dexie'
import { onScopeDispose, type Ref, shallowReadonly, shallowRef, watch, type WatchSource } from 'vue'

/** How long after a failure a query is asked again, ms. */
const again = 2_000

/**
 * The result of `query`, run again whenever a row it read changes, in this tab or another. `initial` until the first result.
 * With `sources`, the query also starts anew when one of them changes. `failed` is told what went wrong; the last result stays,
 * and the query is asked again: WebKit loses its connection to the database in the background, and a failed query is over.
 */
export function useLive<T>(query: () => Promise<T>, initial: T, options: { sources?: WatchSource[], failed?: (cause: unknown) => void } = {}): Readonly<Ref<T>> {
  const state = shallowRef(initial)
  let subscription: Subscription | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    clearTimeout(timer)
    subscription?.unsubscribe()
  }

  function start(): void {
    stop()
    subscription = liveQuery(query).subscribe({
      next: value => { state.value = value },
      error: (cause: unknown) => {
        options.failed?.(cause)
        timer = setTimeout(start, again)
      },
    })
  }

  start()
  if (options.sources !== undefined) watch(options.sources, start)
  onScopeDispose(stop, true)
  return shallowReadonly(state)
}
