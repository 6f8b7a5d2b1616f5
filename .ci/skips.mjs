// The one place where a check says that it was skipped: a line "what<TAB>why" in the file ZOUFANG_SKIPS names. Go tests
// and Vitest need do nothing (go-test.mjs and vitest.mjs read their reports); anything else appends its own line.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const name = 'ZOUFANG_SKIPS'
export const file = { name, path: process.env[name] || fileURLToPath(new URL('../.make/skips', import.meta.url)) }

/** Notes that `what` was not checked, and why. */
export function skip(what, why) {
  mkdirSync(dirname(file.path), { recursive: true })
  appendFileSync(file.path, `${what}\t${why.replace(/\s+/g, ' ').trim()}\n`)
}

/** Everything skipped so far, in order. */
export function skips() {
  if (!existsSync(file.path)) return []
  return readFileSync(file.path, 'utf8').split('\n').filter(Boolean).map((line) => {
    const [what, why = 'no reason given'] = line.split('\t')
    return { what, why }
  })
}

/** Whether `.ci/may-skip` lets CI go without `what`. */
export function allowed(what) {
  return readFileSync(new URL('may-skip', import.meta.url), 'utf8').split('\n')
    .map((line) => line.replace(/#.*/, '').trim()).filter(Boolean).some((prefix) => what.startsWith(prefix))
}
