import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { t } from '@/i18n/i18n'
import { faultWords } from './faults'

// The words as the server writes them: r.fault("column", "word"), head.fault(…), Fault: "word".
const folder = new URL('../../../../server/school/', import.meta.url)
const go = readdirSync(folder).filter(file => file.endsWith('.go') && !file.endsWith('_test.go')).map(file => readFileSync(new URL(file, folder), 'utf8')).join('\n')
const words = [...new Set([...go.matchAll(/\.fault\([^,()]+, "(\w+)"\)|Fault: "(\w+)"/g)].map(match => match[1] ?? match[2] ?? ''))]

it('finds the faults of the server', () => {
  expect(words.length).toBeGreaterThan(10)
})

it.each(words)('%s has words of its own', (word) => {
  expect(faultWords(word)).not.toBe(t('admin.fault.is.other', { word }))
})

it('a fault of a newer server names itself', () => {
  expect(faultWords('too_blue')).toContain('too_blue')
})
