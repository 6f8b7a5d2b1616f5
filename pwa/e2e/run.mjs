// The end-to-end tests: the real server, a real browser, a network that fails.
//
//   npm run e2e -- '(a)' quota     runs those whose name holds a word; no word runs all
//   E2E_SEED=7                     repeats the cuts of a run
//   E2E_BREAK=restart              plays a world that is broken on purpose, to see its check fail (scenarios/self.mjs)
//
// ZOUFANG_BIN names the server, CHROMIUM the browser. Pictures and logs of what failed: test-results/e2e.
import { rmSync } from 'node:fs'
import { RESULTS, runAll } from './harness/runner.mjs'
import { fromNothing } from './scenarios/accounts.mjs'
import { budgets } from './scenarios/budgets.mjs'
import { fullDisk, killedDraft, undone, updated, withoutWorker } from './scenarios/form.mjs'
import { accessible } from './scenarios/looks.mjs'
import { evening } from './scenarios/many.mjs'
import { cuts, killedServer, lostAnswers } from './scenarios/network.mjs'
import { offline } from './scenarios/offline.mjs'
import { broken, checksFail } from './scenarios/self.mjs'
import { expired, twoTabs } from './scenarios/session.mjs'
import { joint } from './scenarios/together.mjs'

const scenarios = [
  budgets, offline, evening, cuts, lostAnswers, killedServer, expired, twoTabs, fullDisk, updated, killedDraft, withoutWorker, undone, joint, fromNothing, accessible, checksFail,
]

// What was started ends with this process, however it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

rmSync(RESULTS, { recursive: true, force: true })
const wrong = process.env.E2E_BREAK
if (wrong !== undefined && !(wrong in broken)) throw new Error(`E2E_BREAK is one of ${Object.keys(broken).join(', ')}`)
const { failed } = await runAll(wrong === undefined ? scenarios : [broken[wrong]], wrong === undefined ? process.argv.slice(2) : [])
process.exit(failed === 0 ? 0 : 1)
