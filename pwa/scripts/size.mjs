// Prints what a phone downloads and fails above the budget: `npm run build && npm run size`. Sizes are gzip -9.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const budgets = { firstRoute: 100 * 1024, precache: 220 * 1024 } // bytes
const dist = fileURLToPath(new URL('../dist/', import.meta.url))

const gzipped = (file) => gzipSync(readFileSync(dist + file), { level: 9 }).length
const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8'))

/** The files of the chunk `key` and of all it imports statically. */
function files(key, seen = new Set()) {
  if (seen.has(key)) return []
  seen.add(key)
  const chunk = manifest[key]
  if (chunk === undefined) throw new Error(`${key} is not in the build`)
  return [chunk.file, ...(chunk.css ?? []), ...(chunk.imports ?? []).flatMap((next) => files(next, seen))]
}

/** The precache list as the service worker carries it: the urls of `{url, revision}` entries. */
function precached() {
  const worker = readFileSync(`${dist}sw.js`, 'utf8')
  const urls = [...worker.matchAll(/\{[^{}]*?["'`]?url["'`]?:\s*["'`]([^"'`]+)["'`][^{}]*\}/g)].map((match) => match[1])
  if (!urls.includes('index.html')) throw new Error('no precache list found in sw.js')
  return [...new Set(urls)]
}

function report(name, list, budget) {
  const sizes = list.map((file) => [file, gzipped(file)]).sort((a, b) => b[1] - a[1])
  const total = sizes.reduce((sum, [, size]) => sum + size, 0)
  console.log(`${name}: ${kilobytes(total)} of ${kilobytes(budget)} KB in ${sizes.length} files`)
  for (const [file, size] of sizes) console.log(`  ${kilobytes(size).padStart(7)}  ${file}`)
  return total <= budget
}

const kilobytes = (bytes) => (bytes / 1024).toFixed(1)

// The home page is part of the entry: see router.ts.
const first = [...new Set(files('index.html'))]
const fits = [report('first route', first, budgets.firstRoute), report('precache', precached(), budgets.precache)]
if (fits.includes(false)) {
  console.error('over budget')
  process.exit(1)
}
