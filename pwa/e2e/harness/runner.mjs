// Runs scenarios one after the other, each once and in a world of its own, and says what came of each.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWorld } from './world.mjs'

/** Pictures, server logs and request logs of what failed; git-ignored. */
export const RESULTS = new URL('../../test-results/e2e/', import.meta.url).pathname

/**
 * @typedef {object} Scenario
 * @property {string} name what must hold, as a sentence
 * @property {object} [world] options of `createWorld`
 * @property {number} [within] s it may take on a busy machine
 * @property {(world: any) => Promise<string | void>} run rejects if it does not hold; may return figures to print
 */

/** Where what is known of a failure of `name` is kept. */
export const folderOf = name => join(RESULTS, name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80))

/** Runs `scenario` and rejects if it fails, for whatever reason. What it needs to be understood is kept in a folder. */
export async function play(scenario, folder = scenario.name) {
  const kept = folderOf(folder)
  rmSync(kept, { recursive: true, force: true })
  mkdirSync(kept, { recursive: true })
  let limit
  let world
  try {
    world = await createWorld({ kept, ...(process.env.ZOUFANG_PWA_DIR && { pwa: process.env.ZOUFANG_PWA_DIR }), ...await scenario.world?.() })
    const figures = await Promise.race([
      scenario.run(world),
      new Promise((_, reject) => { limit = setTimeout(() => reject(new Error(`took longer than ${scenario.within ?? 120} s`)), (scenario.within ?? 120) * 1000) }),
    ])
    assertHome(world)
    rmSync(kept, { recursive: true, force: true })
    return figures
  } catch (error) {
    if (world !== undefined) {
      await world.pictures()
      writeFileSync(join(kept, 'requests.json'), JSON.stringify(world.proxy.log.map(({ body, headers, ...entry }) => entry), null, 1))
    }
    writeFileSync(join(kept, 'error.txt'), String(error?.stack ?? error))
    throw error
  } finally {
    clearTimeout(limit)
    await world?.dispose()
  }
}

/** Holds in every scenario: no request left our origin, and no code of ours failed unseen. */
function assertHome(world) {
  const strangers = world.strangers()
  if (strangers.length > 0) throw new Error(`requests left our origin:\n  ${strangers.join('\n  ')}`)
  const errors = world.errors()
  if (errors.length > 0) throw new Error(`uncaught in a page:\n  ${errors.join('\n  ')}`)
}

/** Runs all whose name holds one of `wanted` (all if there is none), prints a line each, and returns how many passed and failed. */
export async function runAll(scenarios, wanted) {
  const chosen = scenarios.filter(({ name }) => wanted.length === 0 || wanted.some(word => name.includes(word)))
  const began = performance.now()
  let failed = 0
  for (const scenario of chosen) {
    const started = performance.now()
    const seconds = () => `${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s`
    try {
      const figures = await play(scenario)
      print(`ok    ${seconds()}  ${scenario.name}`)
      for (const line of figures?.split('\n') ?? []) print(line)
    } catch (error) {
      failed++
      print(`FAIL  ${seconds()}  ${scenario.name}`)
      print(String(error?.stack ?? error).replace(/^/gm, '      '))
    }
  }
  if (failed === 0) print('ok             (h) no request left our origin, in any of them')
  print(`e2e: ${chosen.length - failed} passed, ${failed} failed, ${((performance.now() - began) / 1000).toFixed(0)} s`)
  return { passed: chosen.length - failed, failed }
}

const print = line => process.stdout.write(`${line}\n`)
