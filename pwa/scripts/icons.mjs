// Draws the icons of the installed app, a vermilion seal with 访, into public/icons: `npm run icons`. Needs Noto CJK fonts.
// The pictures are committed; run this again only when the seal changes.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const folder = fileURLToPath(new URL('../public/icons/', import.meta.url))
const vermilion = '#A8321F'
const paper = '#FFFFFF'

/** The seal on a grid of 512. A maskable icon fills the square and keeps its drawing in the inner 80 %. */
function seal(maskable) {
  const scale = maskable ? 0.72 : 1
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">
    ${maskable ? `<rect width="512" height="512" fill="${vermilion}"/>` : `<rect x="16" y="16" width="480" height="480" rx="104" fill="${vermilion}"/>`}
    <g transform="translate(256 256) scale(${scale}) translate(-256 -256)">
      <rect x="60" y="60" width="392" height="392" rx="64" fill="none" stroke="${paper}" stroke-width="14"/>
      <text x="256" y="362" text-anchor="middle" font-family="Noto Serif CJK SC, Noto Sans CJK SC, serif" font-weight="700" font-size="290" fill="${paper}">访</text>
    </g>
  </svg>`
}

const icons = [
  { file: '192.png', size: 192, maskable: false },
  { file: '512.png', size: 512, maskable: false },
  { file: 'maskable.png', size: 512, maskable: true },
]

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
try {
  for (const { file, size, maskable } of icons) {
    const page = await browser.newPage({ viewport: { width: size, height: size } })
    await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${seal(maskable)}`)
    await page.screenshot({ path: folder + file, omitBackground: true })
    await page.close()
  }
} finally {
  await browser.close()
}
