import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const src = new URL('../', import.meta.url)
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(vue|css|ts)$/.test(file) && !file.endsWith('.test.ts'))
const styles = files.filter((file) => /\.(vue|css)$/.test(file))

function linesWith(pattern: RegExp, among: readonly string[]): string[] {
  return among.flatMap((file) =>
    readFileSync(new URL(file, src), 'utf8').split('\n').flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  )
}

it('styles are logical, so that they hold in every direction of writing', () => {
  const physical = /^\s*((margin|padding|border)-(left|right|top|bottom)|(left|right|top|bottom|(min-|max-)?(width|height)))\s*:|text-align:\s*(left|right)/
  expect(linesWith(physical, styles)).toEqual([])
})

it('no style refers to another origin', () => {
  expect(linesWith(/url\(\s*["']?(https?:)?\/\//, styles)).toEqual([])
})

it('no file silences the linter or the compiler', () => {
  // Spelled in parts, so that this file does not find itself.
  expect(linesWith(new RegExp(['eslint', 'disable'].join('-') + '|@ts-' + '(ignore|nocheck|expect-error)'), files)).toEqual([])
})

it('nothing is called that the oldest browsers of build.target (vite.config.ts) do not have: the build lowers syntax only', () => {
  // Chrome 99 and Safari 15.4, among them the web views of phones that get no updates.
  const young = /\.(throwIfAborted|toSorted|toReversed|toSpliced|isWellFormed|toWellFormed|findLastIndex)\(|AbortSignal\.(any|timeout)|(Object|Map)\.groupBy|Promise\.(try|withResolvers)|Array\.fromAsync|\(\?<[=!]/
  expect(linesWith(young, files)).toEqual([])
})

it('lengths younger than those browsers have an older one before them', () => {
  const bare = styles.flatMap((file) => readFileSync(new URL(file, src), 'utf8').split('\n').flatMap((line, index, all) =>
    (/\d[dsl]vh/.test(line) && !/\dvh/.test(all[index - 1] ?? '') ? [`${file}:${index + 1}: ${line.trim()}`] : [])))
  expect(bare).toEqual([])
})
