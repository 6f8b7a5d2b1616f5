// Runs the phone app's unit tests and notes what they skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { skip } from './skips.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const report = `${root}.make/vitest.json`
mkdirSync(`${root}.make`, { recursive: true })
rmSync(report, { force: true })

const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const { status } = spawnSync('npx', ['--no-install', 'vitest', 'run', ...reporters], { cwd: `${root}pwa`, stdio: 'inherit' })

const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : []
const tests = results.flatMap(({ assertionResults }) => assertionResults)
const count = (...states) => tests.filter(({ status: state }) => states.includes(state)).length
for (const { status: state, fullName } of tests) {
  if (state !== 'passed' && state !== 'failed') skip(`vitest ${fullName}`, state)
}
console.log(`Vitest: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped', 'pending', 'todo')} skipped`)
process.exitCode = status === 0 ? 0 : 1
