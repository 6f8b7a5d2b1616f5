import { readonly, shallowRef, type ShallowRef } from 'vue'
import { format, type Message, type Params } from './message'
import type { zhCN } from './zh-CN'
import { common } from './zh-CN/common'
import { home } from './zh-CN/home'

/** A key of the dictionaries. zh-CN is the source: a key that is not there does not compile. */
export type MessageKey = keyof typeof zhCN
export type Language = 'zh-CN' | 'en'
type Dictionary = Readonly<Partial<Record<MessageKey, Message>>>

/** What the first page and the frame around every page say: in the main bundle. The other words come with the other pages. */
const first: Dictionary = { ...common, ...home }
const current = shallowRef<{ language: Language; dictionary: Dictionary }>({ language: 'zh-CN', dictionary: first })
const language = shallowRef<Language>('zh-CN')

/** The language on screen; dates are formatted in it too. */
export const currentLanguage: Readonly<ShallowRef<Language>> = readonly(language)

/**
 * The text of `key` in the language on screen. Reading it in a template or a computed follows a change of language. Words
 * outside `common` and `home` are there after `loadWords`, which the router awaits before every other page.
 */
export function t(key: MessageKey, params?: Params): string {
  const { language: spoken, dictionary } = current.value
  return format(dictionary[key] ?? key, spoken, params)
}

/** Makes all words of the language on screen available. Rejects if they cannot be loaded (offline, never fetched). */
export async function loadWords(): Promise<void> {
  if (current.value.dictionary === first) await show('zh-CN')
}

/** Shows the app in `next`, with all its words. If they cannot be loaded (offline, never fetched) the language stays; false then. */
export async function loadLanguage(next: Language): Promise<boolean> {
  try {
    await show(next)
    return true
  } catch {
    return false // the chunk is not on this phone yet
  }
}

async function show(next: Language): Promise<void> {
  const dictionary: Dictionary = next === 'en' ? (await import('./en')).en : (await import('./zh-CN')).zhCN
  current.value = { language: next, dictionary }
  language.value = next
}
