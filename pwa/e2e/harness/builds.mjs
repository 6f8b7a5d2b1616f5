// Builds of the app in folders of their own, for tests of an update.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const pwa = new URL('../../', import.meta.url).pathname
const dist = process.env.ZOUFANG_PWA_DIR ?? join(pwa, 'dist')

function folder() {
  const made = mkdtempSync(join(tmpdir(), 'zoufang-e2e-pwa-'))
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  return made
}

/** A copy of the build as it is. */
export function thisBuild() {
  const made = folder()
  cpSync(dist, made, { recursive: true })
  return made
}

let other

/** The same sources built as another version. `entry` is the path of its first script. */
export function otherBuild() {
  if (other !== undefined) return other
  const made = folder()
  const built = spawnSync('npx', ['--no-install', 'vite', 'build', '--outDir', made, '--emptyOutDir'], {
    cwd: pwa, encoding: 'utf8', env: { ...process.env, ZOUFANG_VERSION: '99.0.0-e2e' },
  })
  if (built.status !== 0) throw new Error(`the second build failed:\n${built.stdout}\n${built.stderr}`)
  const [, entry] = /<script[^>]+src="([^"]+)"/.exec(readFileSync(join(made, 'index.html'), 'utf8')) ?? []
  other = { folder: made, entry }
  return other
}
