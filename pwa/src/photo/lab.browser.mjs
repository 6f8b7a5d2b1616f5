// The browser, the server and the page that the photo tests work in. Nothing here is part of the app.
import { createReadStream } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { chromium } from 'playwright-core'
import { createServer } from 'vite'

import { fixture, names, phonePhoto } from '../../e2e/fixtures/make.mjs'

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')
const LAUNCH = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
}

/** Serves test pictures under /fixture/, an empty page under /bench and Vue under /bench.js beside the app's modules. */
const pictures = {
  name: 'pictures',
  resolveId: id => id === '/bench.js' ? id : undefined,
  load: id => id === '/bench.js' ? `import '/src/theme/theme.css'; export { createApp, h, ref } from 'vue'` : undefined,
  configureServer: server => void server.middlewares.use((request, response, next) => {
    const name = names.find(known => request.url === `/fixture/${known}`)
    const phone = /^\/fixture\/phone-(\d+)$/.exec(request.url)
    if (phone !== null) {
      response.end(phonePhoto(Number(phone[1]) + 1))
    } else if (name !== undefined) {
      createReadStream(fixture(name)).pipe(response)
    } else if (request.url === '/bench') {
      response.setHeader('Content-Type', 'text/html')
      response.end('<!doctype html><html lang="zh-CN"><title>photo</title><main id="app"></main></html>')
    } else {
      next()
    }
  }),
}

/** Runs in the page: gives the tests a darkroom and words for what comes out of it. */
async function prepare() {
  const { createDarkroom } = await import('/src/photo/shrink.ts')
  const { PhotoError } = await import('/src/photo/photo.ts')
  await (await import('/src/i18n/i18n.ts')).loadWords() // as the router does before a page
  const darkroom = createDarkroom()
  const forever = new AbortController().signal
  const file = async name => new File([await (await fetch(`/fixture/${name}`)).arrayBuffer()], name)
  const pixels = async (bytes) => {
    const bitmap = await createImageBitmap(new Blob([bytes]))
    const canvas = document.createElement('canvas')
    canvas.width = bitmap.width
    canvas.height = bitmap.height
    const pen = canvas.getContext('2d')
    pen.drawImage(bitmap, 0, 0)
    return pen.getImageData(0, 0, bitmap.width, bitmap.height)
  }
  const outcome = async (work) => {
    try {
      return { photo: await work }
    } catch (cause) {
      return cause instanceof PhotoError ? { failure: cause.failure } : { error: String(cause) }
    }
  }
  window.lab = { createDarkroom, darkroom, forever, file, pixels, outcome }
}

/** Starts browser and server. `open(before)` gives a phone-sized page with `window.lab`, `before` having seen it before it loads; `close` ends both. */
export async function openLab() {
  const server = await createServer({
    root: ROOT, configFile: join(ROOT, 'vite.config.ts'), logLevel: 'error', plugins: [pictures],
    cacheDir: join(ROOT, 'node_modules/.vite-photo'), optimizeDeps: { noDiscovery: true, include: ['dexie', 'vue'] }, server: { port: 0, host: '127.0.0.1', hmr: false },
  })
  await server.listen()
  const browser = await chromium.launch(LAUNCH)
  return {
    async open(before = async () => undefined) {
      const page = await browser.newPage({ viewport: { width: 360, height: 780 } })
      await before(page)
      await page.goto(`http://localhost:${server.httpServer.address().port}/bench`)
      await page.evaluate(prepare)
      return page
    },
    async close() {
      await browser.close()
      await server.close()
    },
  }
}
