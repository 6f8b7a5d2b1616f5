import { expect, it } from 'vitest'
import { parsePreferences } from './preferences'

const defaults = { theme: 'auto', care: false, language: 'zh-CN' }

it.each([
  { name: 'nothing stored', text: null, want: defaults },
  { name: 'not JSON', text: '{', want: defaults },
  { name: 'not an object', text: '"dark"', want: defaults },
  { name: 'strange values', text: '{"theme":"pink","care":"yes","language":"fr"}', want: defaults },
  { name: 'a choice', text: '{"theme":"dark","care":true,"language":"en"}', want: { theme: 'dark', care: true, language: 'en' } },
  { name: 'part of a choice', text: '{"care":true}', want: { ...defaults, care: true } },
])('preferences from $name', ({ text, want }) => {
  expect(parsePreferences(text)).toEqual(want)
})
