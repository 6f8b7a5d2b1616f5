import { readonly, shallowRef, type ShallowRef } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'
export type Language = 'zh-CN' | 'en'

/** How one person wants this phone to look and speak. Never leaves the phone. */
export interface Preferences {
  readonly theme: Theme
  /** 关怀模式: large text, large targets, fewer columns. */
  readonly care: boolean
  readonly language: Language
}

const key = 'zf.preferences'
const defaults: Preferences = { theme: 'auto', care: false, language: 'zh-CN' }

/** Reads stored text; whatever is missing or strange becomes its default. */
export function parsePreferences(text: string | null): Preferences {
  const stored = parse(text)
  const { theme, care, language } = stored
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : defaults.theme,
    care: care === true,
    language: language === 'en' ? 'en' : defaults.language,
  }
}

function parse(text: string | null): { theme?: unknown; care?: unknown; language?: unknown } {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {} // written by hand or by another program on this origin: as if absent
  }
}

const state = shallowRef<Preferences>(parsePreferences(readStored()))
const prefersDark = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null

function readStored(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null // storage is blocked: this session uses the defaults
  }
}

function apply(root: HTMLElement): void {
  const { theme, care, language } = state.value
  const dark = theme === 'dark' || (theme === 'auto' && prefersDark?.matches === true)
  root.dataset['theme'] = dark ? 'dark' : 'light'
  root.toggleAttribute('data-care', care)
  root.lang = language
  const paper = getComputedStyle(root).getPropertyValue('--paper').trim()
  if (paper !== '') document.querySelector('meta[name="theme-color"]')?.setAttribute('content', paper)
}

prefersDark?.addEventListener('change', () => { apply(document.documentElement) })

/** The preferences of this phone: `state` to read, `set` to change, `apply` to put them on the root element. */
export const preferences: {
  readonly state: Readonly<ShallowRef<Preferences>>
  set(change: Partial<Preferences>): void
  apply(root: HTMLElement): void
} = {
  state: readonly(state),
  set(change) {
    state.value = { ...state.value, ...change }
    try {
      localStorage.setItem(key, JSON.stringify(state.value))
    } catch {
      // Storage is blocked or full: the choice holds until the app closes.
    }
    apply(document.documentElement)
  },
  apply,
}
