import { readonly, shallowRef } from 'vue'

const text = shallowRef('')

/** What `App.vue` reads out politely to screen readers. */
export const announcement = readonly(text)

/** Has screen readers say `message` without moving the focus. Saying the same twice in a row is heard twice. */
export function announce(message: string): void {
  // A no-break space changes the text without changing the words.
  text.value = text.value === message ? `${message}\u00A0` : message
}
