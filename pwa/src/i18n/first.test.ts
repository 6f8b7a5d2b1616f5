import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const src = new URL('../', import.meta.url)
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => /^(App\.vue|(features\/home|ui|auth|db|sync|sw)\/.*\.(vue|ts))$/.test(file) && !file.includes('.test.') && !file.startsWith('ui/gallery/'))

// Those words are in the main bundle; others are not there yet when the first page is drawn.
it('the first page and what every page shares say only common and home words', () => {
  const foreign = files.flatMap((file) =>
    [...readFileSync(new URL(file, src), 'utf8').matchAll(/\bt\(\s*[`']([\w-]+)\.[^`']*/g)]
      .filter(([, area]) => area !== 'common' && area !== 'home')
      .map(([call]) => `${file}: ${call}`))
  expect(files.length).toBeGreaterThan(30)
  expect(foreign).toEqual([])
})
