// (i) Every screen, in light and dark, ordinary and large text, both languages: no fault that axe can find.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { allScreens, looks, still, wear } from '../harness/screens.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

export const accessible = {
  name: '(i) axe finds nothing on any screen: light, dark, large text, both languages',
  within: 420,
  async run(world) {
    const faults = []
    let seen = 0
    // So tall that nothing lies half under the bar at the bottom, where axe would call it too small.
    for await (const screen of allScreens(world, { size: { width: 360, height: 2400 } })) {
      for (const look of looks) {
        await wear(screen, look)
        seen++
        for (const fault of await faultsOf(screen.page)) faults.push(`${screen.name}, ${look.name}: ${fault}`)
      }
      await wear(screen, looks[0])
    }
    if (faults.length > 0) throw new Error(`${faults.length} faults on ${seen} screens\n${faults.slice(0, 60).join('\n')}`)
    return `      ${seen} screens`
  },
}

/** What axe finds on the page as it is, a line each. */
export async function faultsOf(page) {
  await still(page) // half-way through a change of colour nothing is readable
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe)
  return await page.evaluate(async (tags) => {
    const { violations } = await window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, any, all, none }) => `${id} at ${target.join(' ')}: ${[...any, ...all, ...none].map(({ message }) => message).join('; ')}`))
  }, tags)
}
