// Runs make targets one after the other, all of them even when one fails, and ends with what each took, what was skipped
// and why, and one plain line. Exits 1 when a step failed or, with CI set, when a check was skipped that may not be.
//
//   node .ci/steps.mjs format vet go-test
//
// A step tells its figures by lines like "12 passed" (the last one counts) and "first route: 70.1 of 100.0 KB".
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { allowed, file, skips } from './skips.mjs'

process.env[file.name] = file.path
rmSync(file.path, { force: true })

const results = []
for (const name of process.argv.slice(2)) {
  console.log(`\n── ${name}`)
  const started = Date.now()
  const { code, note } = await run(name)
  results.push({ name, ok: code === 0, seconds: (Date.now() - started) / 1000, note })
  if (code !== 0) console.log(`── ${name} FAILED`)
}
summarise(results)

/** Runs one target, shows its output as it comes, and keeps the figures it tells. */
function run(name) {
  return new Promise((resolve) => {
    const child = spawn(process.env.MAKE || 'make', ['--no-print-directory', name], { stdio: ['ignore', 'pipe', 'pipe'] })
    let counts = ''
    const budgets = []
    const note = () => [counts, ...budgets].filter(Boolean).join('; ')
    const listen = (from, to) => {
      let rest = ''
      from.on('data', (bytes) => {
        to.write(bytes)
        const lines = (rest + bytes.toString()).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines.map(plain)) {
          if (/\d+ passed/.test(line)) counts = line
          else if (/^[\w -]+: [\d.]+ of [\d.]+ \w+/.test(line)) budgets.push(line.match(/^.*? of [\d.]+ \w+/)[0])
        }
      })
    }
    listen(child.stdout, process.stdout)
    listen(child.stderr, process.stderr)
    child.on('error', (error) => {
      console.error(String(error))
      resolve({ code: 1, note: note() })
    })
    child.on('close', (code) => resolve({ code, note: note() }))
  })
}

function plain(line) {
  return line.replace(/\u001b\[[0-9;]*m/g, '').replace(/\s+/g, ' ').trim().slice(0, 100)
}

function summarise(steps) {
  console.log('\n── summary')
  for (const { name, ok, seconds, note } of steps) {
    console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(1).padStart(7)} s  ${note}`.trimEnd())
  }
  const skipped = skips()
  const forbidden = process.env.CI ? skipped.filter(({ what }) => !allowed(what)) : []
  console.log(skipped.length === 0 ? '\nskipped: nothing' : '\nskipped:')
  for (const { what, why } of skipped) console.log(`  ${what}: ${why}`)
  if (forbidden.length > 0) console.log(`with CI set, these may not be skipped: ${forbidden.map(({ what }) => what).join(', ')}`)

  const failed = steps.filter(({ ok }) => !ok)
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0)
  const verdict = failed.length + forbidden.length === 0 ? 'PASSED' : 'FAILED'
  console.log(
    `\n${verdict}: ${steps.length - failed.length} steps passed, ${failed.length} failed` +
      `${failed.length > 0 ? ` (${failed.map(({ name }) => name).join(', ')})` : ''}, ` +
      `${skipped.length} skipped, ${Math.round(total)} s`,
  )
  process.exitCode = verdict === 'PASSED' ? 0 : 1
}
