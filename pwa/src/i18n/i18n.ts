import { readonly, shallowRef, type ShallowRef } from 'vue'
import { format, type Message, type Params } from './message'
import { zhCN } from './zh-CN'

/** A key of the dictionaries. zh-CN is the source: a key that is not there does not compile. */
export type MessageKey = keyof typeof zhCN
export type Language = 'zh-CN' | 'en'
type Dictionary = Readonly<Record<MessageKey, Message>>

const current = shallowRef<{ language: Language; dictionary: Dictionary }>({ language: 'zh-CN', dictionary: zhCN })
const language = shallowRef<Language>('zh-CN')

/** The language on screen; dates are formatted in it too. */
export const currentLanguage: Readonly<ShallowRef<Language>> = readonly(language)

/** The text of `key` in the language on screen. Reading it in a template or a computed follows a change of language. */
export function t(key: MessageKey, params?: Params): string {
  const { language: spoken, dictionary } = current.value
  return format(dictionary[key], spoken, params)
}

/** Shows the app in `next`. If its dictionary cannot be loaded (offline, never fetched) the language stays; false then. */
export async function loadLanguage(next: Language): Promise<boolean> {
  try {
    const dictionary: Dictionary = next === 'en' ? (await import('./en')).en : zhCN
    current.value = { language: next, dictionary }
    language.value = next
    return true
  } catch {
    return false // the chunk is not on this phone yet
  }
}
