import { nextTick, onScopeDispose, type ShallowRef, watch } from 'vue'

const focusable = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex="-1"])'

/**
 * While `open`, keeps the keyboard inside `box`, calls `close` on Escape, and makes the app behind inert. Afterwards the
 * focus returns to where it was.
 */
export function useFocusTrap(box: Readonly<ShallowRef<HTMLElement | null>>, open: () => boolean, close: () => void): void {
  let before: HTMLElement | null = null

  function onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault()
      close()
    } else if (event.key === 'Tab') {
      turn(event)
    }
  }

  function turn(event: KeyboardEvent): void {
    const stops = [...(box.value?.querySelectorAll<HTMLElement>(focusable) ?? [])].filter((stop) => stop.offsetParent !== null)
    const first = stops[0]
    const last = stops.at(-1)
    const edge = event.shiftKey ? first : last
    if (document.activeElement === edge || box.value?.contains(document.activeElement) === false) {
      event.preventDefault()
      ;(event.shiftKey ? last : first)?.focus()
    }
  }

  async function enter(): Promise<void> {
    before = document.activeElement instanceof HTMLElement ? document.activeElement : null
    document.addEventListener('keydown', onKey)
    document.getElementById('app')?.setAttribute('inert', '')
    await nextTick()
    box.value?.focus()
  }

  function leave(): void {
    document.removeEventListener('keydown', onKey)
    document.getElementById('app')?.removeAttribute('inert')
    before?.focus()
    before = null
  }

  // The focus follows the sheet, which has no event of its own when a parent opens it.
  watch(open, (now, was) => {
    if (now) void enter()
    else if (was === true) leave()
  }, { immediate: true })

  onScopeDispose(() => {
    if (open()) leave()
  })
}
