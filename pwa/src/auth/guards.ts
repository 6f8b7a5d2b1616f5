// Looks at the answers of the office's requests before a page believes them.
import type { AccountInfo, ImportFault, ImportReport, Login } from '@/wire/generated'
import { isRecord } from '@/wire/guards'

export function asImportReport(value: unknown): ImportReport | undefined {
  const sound = isRecord(value) && ['created', 'changed', 'unchanged'].every(key => typeof value[key] === 'number')
    && Array.isArray(value['logins']) && value['logins'].every(login => asLogin(login) !== undefined)
  return sound ? value as unknown as ImportReport : undefined
}

export function asLogin(value: unknown): Login | undefined {
  return hasTexts(value, ['username', 'name', 'password']) ? value as Login : undefined
}

export function asAccounts(value: unknown): readonly AccountInfo[] | undefined {
  const isAccount = (each: unknown): boolean => hasTexts(each, ['user', 'username', 'name', 'post'])
    && isRecord(each) && ['admin', 'disabled', 'passwordDue'].every(key => typeof each[key] === 'boolean')
  return Array.isArray(value) && value.every(isAccount) ? value : undefined
}

/** The faults of a problem document; none if it carries none. */
export function asFaults(value: unknown): readonly ImportFault[] {
  const isFault = (each: unknown): boolean => hasTexts(each, ['file', 'column', 'fault', 'value']) && isRecord(each) && typeof each['line'] === 'number'
  return Array.isArray(value) && value.every(isFault) ? value as ImportFault[] : []
}

function hasTexts(value: unknown, keys: readonly string[]): boolean {
  return isRecord(value) && keys.every(key => typeof value[key] === 'string')
}
