// Runs `go test -json` with the arguments given, with the race detector where there is a C compiler, and says what
// matters: a line a package, the whole output of what failed, every skip with its reason, and a count.
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { skip } from './skips.mjs'

const outputs = new Map() // "package test" -> lines
const parents = new Set() // tests with subtests are not counted themselves
const ended = { pass: new Set(), fail: new Set(), skip: new Set() }
const broken = []

const child = spawn('go', ['test', '-json', ...race(), ...process.argv.slice(2)], { stdio: ['ignore', 'pipe', 'inherit'] })
createInterface({ input: child.stdout }).on('line', (line) => {
  try {
    take(JSON.parse(line))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    console.log(line) // The go command itself speaks plainly.
  }
})
child.on('close', (code) => {
  const count = (action) => [...ended[action]].filter((key) => !parents.has(key)).length
  for (const key of broken) console.log(`failed: ${key}`)
  console.log(`Go tests: ${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped`)
  process.exitCode = code === 0 ? 0 : 1
})

function race() {
  if (spawnSync(process.env.CC || 'gcc', ['--version']).status === 0) return ['-race']
  skip('race detector', 'no C compiler here; the Go tests ran without -race')
  return []
}

function take(event) {
  if (event.Action === 'build-output') {
    process.stdout.write(event.Output)
    return
  }
  const key = event.Test ? `${event.Package} ${event.Test}` : event.Package
  switch (event.Action) {
    case 'output':
      outputs.set(key, [...(outputs.get(key) ?? []), event.Output])
      break
    case 'run':
      if (event.Test.includes('/')) parents.add(`${event.Package} ${event.Test.slice(0, event.Test.lastIndexOf('/'))}`)
      break
    case 'pass':
    case 'fail':
    case 'skip':
      if (event.Test) endTest(key, event)
      else endPackage(key, event)
  }
}

function endTest(key, event) {
  ended[event.Action].add(key)
  const lines = outputs.get(key) ?? []
  outputs.delete(key)
  if (event.Action === 'fail') {
    process.stdout.write(lines.join(''))
    broken.push(key)
  }
  if (event.Action === 'skip') skip(key, reason(lines))
}

function endPackage(key, event) {
  if (event.Action === 'fail') {
    process.stdout.write((outputs.get(key) ?? []).join(''))
    broken.push(key)
  } else if (event.Action === 'pass') {
    console.log(`ok  ${key.padEnd(36)} ${(event.Elapsed ?? 0).toFixed(1).padStart(6)} s`)
  }
  outputs.delete(key)
}

/** The words given to t.Skip: the last line that is neither a heading nor a verdict, without its file and line. */
function reason(lines) {
  const said = lines.map((line) => line.trim()).filter((line) => line && !/^(===|---)/.test(line))
  return (said.at(-1) ?? 'no reason given').replace(/^\S+\.go:\d+: /, '')
}
