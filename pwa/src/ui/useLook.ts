import { computed, type ComputedRef, type WritableComputedRef } from 'vue'
import { type Language, loadLanguage, t } from '@/i18n/i18n'
import { preferences } from './preferences'

/** The language and the large text of this phone, for the fields that choose them. A language counts once its words are there. */
export function useLook(): {
  languages: ComputedRef<{ value: Language, label: string }[]>
  language: WritableComputedRef<Language | null>
  care: WritableComputedRef<boolean>
} {
  return {
    languages: computed(() => [
      { value: 'zh-CN', label: t('common.language.zh') },
      { value: 'en', label: t('common.language.en') },
    ]),
    language: computed<Language | null>({
      get: () => preferences.state.value.language,
      set: (next) => { if (next !== null) void speak(next) },
    }),
    care: computed({
      get: () => preferences.state.value.care,
      set: (next) => { preferences.set({ care: next }) },
    }),
  }
}

async function speak(next: Language): Promise<void> {
  if (await loadLanguage(next)) preferences.set({ language: next })
}
