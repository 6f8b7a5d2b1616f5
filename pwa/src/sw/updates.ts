import { readonly, shallowRef, type ShallowRef } from 'vue'

/** Work to finish before the page reloads itself, such as writing the open draft. */
export type Flush = () => Promise<void> | void

/** Decides when this tab may move to a new version of the app. */
export interface Updates {
  /** A new version is downloaded and waits for a person's word. */
  readonly updateReady: Readonly<ShallowRef<boolean>>
  /** Calls `flush` before any reload of ours; returns the function that forgets it. */
  beforeReload(flush: Flush): () => void
  /** Holds every reload until the returned function is called (photos being processed). Calling it twice is harmless. */
  busy(): () => void
  /** Asks the waiting version to take over; all tabs then reload by `reloadWhenSafe`. */
  applyUpdate(): void
  /** A version is waiting; `activate` lets it take over. */
  offer(activate: () => void): void
  /** Flushes, waits until nothing is busy, and reloads. Further calls do nothing. */
  reloadWhenSafe(): Promise<void>
  /** Reloads once when a chunk of this build is gone from the server; never while offline, never twice in a minute. */
  watchChunkErrors(target: EventTarget): void
}

/** What `createUpdates` needs from the browser. */
export interface UpdatesHost {
  reload(): void
  now(): number
  onLine(): boolean
  readonly memory: Pick<Storage, 'getItem' | 'setItem'>
}

const chunkReloadKey = 'zf.chunkReload'
const chunkReloadPause = 60_000 // ms

export function createUpdates(host: UpdatesHost): Updates {
  const ready = shallowRef(false)
  const flushes = new Set<Flush>()
  let activate: (() => void) | null = null
  let holds = 0
  let reloading = false
  let released: (() => void) | null = null

  const idle = (): Promise<void> =>
    holds === 0 ? Promise.resolve() : new Promise((resolve) => { released = resolve })

  const updates: Updates = {
    updateReady: readonly(ready),
    beforeReload(flush) {
      flushes.add(flush)
      return () => { flushes.delete(flush) }
    },
    busy() {
      let held = true
      holds++
      return () => {
        if (!held) return
        held = false
        holds--
        if (holds === 0) released?.()
      }
    },
    applyUpdate() {
      activate?.()
    },
    offer(next) {
      activate = next
      ready.value = true
    },
    async reloadWhenSafe() {
      if (reloading) return
      reloading = true
      do {
        await idle()
        // A draft that cannot be written must not keep the old version alive for ever; it is written on every change anyway.
        await Promise.allSettled([...flushes].map(async (flush) => { await flush() }))
      } while (holds > 0)
      host.reload()
    },
    watchChunkErrors(target) {
      target.addEventListener('vite:preloadError', () => {
        const last = Number(host.memory.getItem(chunkReloadKey) ?? 0)
        if (!host.onLine() || host.now() - last < chunkReloadPause) return
        host.memory.setItem(chunkReloadKey, String(host.now()))
        void updates.reloadWhenSafe()
      })
    },
  }
  return updates
}
