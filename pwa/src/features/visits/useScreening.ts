import { computed, type ComputedRef } from 'vue'
import { t } from '@/i18n/i18n'
import type { VisitForm } from './form'
import { findSigns, maskSigns, type Sign } from './screening'

/** The free texts of a form: what is looked at for signs of a student. */
const texts = ['summary', 'groupName', 'courseTopic', 'lateReason'] as const

export interface Screening {
  /** What was found, in words; empty if nothing. */
  readonly found: ComputedRef<string>
  /** The form with all of it masked. */
  readonly masked: () => Partial<VisitForm>
}

export function useScreening(form: () => VisitForm): Screening {
  const found = computed(() => {
    const signs = new Set<Sign>(texts.flatMap(name => findSigns(form()[name]).map(finding => finding.sign)))
    return [...signs].map(sign => t(`visit.screening.${sign}`)).join(t('visit.screening.and'))
  })
  return {
    found,
    masked() {
      const instead = {
        id: t('visit.screening.instead.id'), phone: t('visit.screening.instead.phone'),
        number: t('visit.screening.instead.number'), name: t('visit.screening.instead.name'),
      }
      return Object.fromEntries(texts.map(name => [name, maskSigns(form()[name], instead)]))
    },
  }
}
