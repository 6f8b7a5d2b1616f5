import { t } from '@/i18n/i18n'

/** What an import fault means, in words a person at a spreadsheet understands. */
export function faultWords(fault: string): string {
  switch (fault) {
    case 'syntax':
    case 'too_many_rows':
    case 'column_twice':
    case 'column_missing':
    case 'empty':
    case 'too_long':
    case 'number':
    case 'yes_no':
    case 'day':
    case 'unknown_word':
    case 'twice':
    case 'monday':
    case 'before_start':
    case 'outside_terms':
    case 'last_admin':
    case 'unknown_person':
      return t(`admin.fault.is.${fault}`)
    default:
      return t('admin.fault.is.other', { word: fault })
  }
}
