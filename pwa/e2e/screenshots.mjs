// Walks all screens and keeps a picture of each: `npm run screenshots -- folder`. On a phone in every look, on a desk in light.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { RESULTS } from './harness/runner.mjs'
import { allScreens, looks, still, wear } from './harness/screens.mjs'
import { createWorld } from './harness/world.mjs'

const folder = resolve(process.argv[2] ?? join(RESULTS, '../screenshots'))
const sizes = [
  { name: 'phone', size: { width: 360, height: 780 }, looks },
  { name: 'desk', size: { width: 1280, height: 800 }, looks: looks.slice(0, 1) },
]

mkdirSync(folder, { recursive: true })
let taken = 0
for (const { name, size, looks } of sizes) {
  const world = await createWorld({ kept: join(RESULTS, 'screenshots'), ...(process.env.ZOUFANG_PWA_DIR && { pwa: process.env.ZOUFANG_PWA_DIR }) })
  try {
    for await (const screen of allScreens(world, { size })) {
      for (const look of looks) {
        await wear(screen, look)
        await still(screen.page)
        await screen.page.screenshot({ path: join(folder, `${screen.name}-${name}-${look.name}.png`), animations: 'disabled' })
        taken++
      }
      await wear(screen, looks[0])
    }
  } finally {
    await world.dispose()
  }
}
process.stdout.write(`${taken} pictures in ${folder}\n`)
process.exit(0)
