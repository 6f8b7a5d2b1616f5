// Builds the gallery of ui parts, checks it with axe in every look, and writes screenshots: `npm run gallery [folder]`.
// CHROMIUM names the browser when it is not at /usr/bin/chromium.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'

const shots = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'gallery-'))
const outDir = mkdtempSync(join(tmpdir(), 'gallery-build-'))
mkdirSync(shots, { recursive: true })
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

const phone = { width: 360, height: 780 }
const looks = [
  { name: 'light', size: phone },
  { name: 'dark', size: phone, theme: 'dark' },
  { name: 'care', size: phone, care: true },
  { name: 'care-dark', size: phone, care: true, theme: 'dark' },
  { name: 'english', size: phone, language: 'en' },
  { name: 'narrow', size: { width: 320, height: 640 }, care: true },
  { name: 'double', size: phone, textSize: '200%' },
  { name: 'wide', size: { width: 1280, height: 800 } },
]

await build({ mode: 'gallery', logLevel: 'warn', build: { outDir, emptyOutDir: true } })
const server = await preview({ build: { outDir }, preview: { port: 0 }, logLevel: 'warn' })
const address = server.resolvedUrls.local[0]
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
let faults = 0

async function check(page, name) {
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: !name.includes('sheet') })
  const { violations } = await page.evaluate((only) => window.axe.run(document, { runOnly: only }), tags)
  for (const { id, help, nodes } of violations) {
    faults++
    console.error(`${name}: ${id}: ${help}`)
    for (const node of nodes.slice(0, 5)) console.error(`    ${node.html.slice(0, 160)}\n    ${node.any.map((one) => one.message).join('; ')}`)
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (overflow > 0) {
    faults++
    console.error(`${name}: the page is ${overflow} px too wide`)
  }
}

try {
  for (const { name, size, textSize = '100%', ...stored } of looks) {
    const context = await browser.newContext({ viewport: size, deviceScaleFactor: 1, reducedMotion: 'reduce', locale: 'zh-CN' })
    await context.addInitScript((text) => localStorage.setItem('zf.preferences', text), JSON.stringify({ theme: 'light', care: false, language: 'zh-CN', ...stored }))
    const page = await context.newPage()
    page.on('pageerror', (error) => { faults++; console.error(`${name}: ${error.message}`) })
    await page.goto(`${address}__gallery`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.addStyleTag({ content: `html { font-size: ${textSize} }` })
    await page.evaluate(axe)
    await check(page, name)
    await page.getByRole('button', { name: /请选择/ }).click()
    await page.getByRole('dialog').waitFor()
    await check(page, `${name}-sheet`)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await context.close()
  }
} finally {
  await browser.close()
  await server.close()
  rmSync(outDir, { recursive: true })
}
console.log(`${looks.length * 2} looks, ${faults} faults; screenshots in ${shots}`)
process.exit(faults > 0 ? 1 : 0)
