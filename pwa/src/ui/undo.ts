import { readonly, shallowRef } from 'vue'

/** Something just done that can be taken back for six seconds. `AppPage` shows it on whatever page is open. */
export interface Deed {
  /** What was done: “已存本机 ✓”. */
  readonly text: string
  /** Takes it back. */
  readonly undo: () => Promise<void> | void
  /** Does it for good once nobody took it back. For deeds that cannot be taken back afterwards. */
  readonly settle?: () => Promise<void> | void
  /** The id of what lists leave out meanwhile. */
  readonly hides?: string
}

const pending = shallowRef<Deed | null>(null)
/** How long a deed can be taken back, ms. */
const patience = 6_000
let until = 0

/** The deed on screen. */
export const pendingDeed = readonly(pending)

/** Shows `deed` with 撤销; the one before it, if any, is settled. */
export function offerUndo(deed: Deed): void {
  settleDeed()
  pending.value = deed
  until = Date.now() + patience
}

/** What is left of the six seconds, for a page that opens meanwhile; at least one, to be seen. */
export function secondsLeft(): number {
  return Math.max(1, Math.ceil((until - Date.now()) / 1000))
}

/** Takes the deed on screen back. */
export function undoDeed(): void {
  const deed = pending.value
  pending.value = null
  void deed?.undo()
}

/** Lets the deed on screen stand. */
export function settleDeed(): void {
  const deed = pending.value
  pending.value = null
  void deed?.settle?.()
}

/** Says whether lists leave `id` out, because it is about to go. */
export function isHidden(id: string): boolean {
  return pending.value?.hides === id
}

// Who closes the app has not taken it back.
if (typeof window !== 'undefined') window.addEventListener('pagehide', settleDeed)
