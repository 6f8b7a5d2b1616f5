// The pictures of the README: `npm run screenshots:readme`. The demo's Party secretary on a phone, online and in a basement.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { choosePlace, home, installed, logVisit, openForm, settled, signedIn } from './harness/app.mjs'
import { RESULTS } from './harness/runner.mjs'
import { still } from './harness/screens.mjs'
import { createWorld } from './harness/world.mjs'

const folder = join(dirname(fileURLToPath(import.meta.url)), '../screenshots')
mkdirSync(folder, { recursive: true })

const world = await createWorld({ kept: join(RESULTS, 'readme') })
try {
  const keep = async (page, name) => {
    await still(page)
    await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
  }
  const [phone, page] = await signedIn(world, 'L01')
  await installed(page)
  await settled(page)
  await page.getByText('最近的走访').waitFor()
  await page.goto(world.origin)
  await home(page)
  await page.locator('img').first().waitFor()
  await keep(page, 'home')
  await page.getByText('聊到热水时间短').first().click()
  await page.getByText('交谈人数').waitFor()
  await page.locator('img').nth(2).waitFor()
  await keep(page, 'visit')
  await page.goto(world.origin)
  await openForm(page)
  await choosePlace(page, '梧桐苑5栋')
  await keep(page, 'log')
  await page.goto(world.origin)
  await world.down()
  await logVisit(page, { place: '梧桐苑1栋' })
  await page.goto(`${world.origin}/queue`)
  await page.getByText('已存本机').first().waitFor()
  await keep(page, 'queue')
  await phone.close()
} finally {
  await world.dispose()
}
process.stdout.write(`pictures in ${folder}\n`)
process.exit(0)
