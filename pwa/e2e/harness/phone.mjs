// A phone: one browser process with a profile of its own. It can be closed, or killed like a phone whose battery fell out, and
// opened again with what is on its disk.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { createForeign } from './foreign.mjs'
import { until } from './wait.mjs'

export const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium'

const flags = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run', '--no-default-browser-check',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-default-apps', '--disable-extensions',
  '--disable-domain-reliability', '--disable-client-side-phishing-detection', '--metrics-recording-only', '--no-pings', '--password-store=basic',
  '--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,CertificateTransparencyComponentUpdater,InterestFeedContentSuggestions',
  // Tabs in the background must go on as if they were looked at: a test looks at one at a time.
  '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding',
  '--lang=zh-CN', '--hide-scrollbars', '--remote-debugging-port=0',
]

/**
 * @param {{ profile: string, origin: string, size?: { width: number, height: number }, prepare?: string }} options `prepare` is a
 * script that runs in every page before the app.
 */
export async function createPhone({ profile, origin, size = { width: 360, height: 780 }, prepare }) {
  mkdirSync(profile, { recursive: true })
  const foreign = await createForeign()
  /** What was asked for anywhere but at our origin, as pages and workers saw it. */
  const strangers = []
  /** Errors no code caught, of all pages. */
  const errors = []
  let child
  let browser

  async function open() {
    for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket', 'DevToolsActivePort']) rmSync(join(profile, name), { force: true })
    child = spawn(CHROMIUM, [
      ...flags, `--user-data-dir=${profile}`, `--window-size=${size.width},${size.height}`,
      `--proxy-server=http://127.0.0.1:${foreign.port}`, '--proxy-bypass-list=localhost;127.0.0.1', 'about:blank',
    ], { detached: true, stdio: 'ignore', env: { ...process.env, TZ: 'Asia/Shanghai', LANG: 'zh_CN.UTF-8', LANGUAGE: 'zh_CN' } })
    process.once('exit', stopNow)
    const active = join(profile, 'DevToolsActivePort')
    const address = await until('the browser to open', () => {
      if (child.exitCode !== null) throw new Error(`the browser ended with code ${child.exitCode}`)
      const [port, path] = existsSync(active) ? readFileSync(active, 'utf8').split('\n') : []
      return path && `ws://127.0.0.1:${port}${path}`
    })
    browser = await chromium.connectOverCDP(address)
    const context = browser.contexts()[0]
    if (prepare !== undefined) await context.addInitScript(prepare)
    context.on('request', (request) => {
      const { protocol, origin: asked } = new URL(request.url())
      if (protocol.startsWith('http') && asked !== origin) strangers.push(request.url())
    })
  }

  /** The browser is a process group of its own: when this process ends early, it must not stay behind. */
  function stopNow() {
    process.kill(-child.pid, 'SIGKILL')
  }

  /** Waits until the process and all its children are gone. */
  async function gone() {
    await until('the browser to be gone', () => child.exitCode !== null || child.signalCode !== null)
    process.removeListener('exit', stopNow)
    await browser?.close().catch(() => undefined) // the connection ended with the process
    browser = undefined
  }

  const phone = {
    profile, origin, foreign, strangers, errors,
    get context() {
      return browser.contexts()[0]
    },
    get isOpen() {
      return browser !== undefined
    },
    /** The page on screen: the last one opened. */
    get page() {
      return phone.context.pages().at(-1)
    },
    /** Opens the browser (if need be) and `path` of the app in a new tab; `before` may look at the empty tab first. */
    async start(path = '/', before = undefined) {
      if (browser === undefined) await open()
      await before?.(phone.page)
      return await phone.tab(path)
    },
    /** Opens `path` of the app in a tab: the first one if it is still empty. */
    async tab(path = '/') {
      const blank = phone.context.pages().find(page => page.url() === 'about:blank')
      const page = blank ?? await phone.context.newPage()
      page.setDefaultTimeout(30_000)
      page.on('pageerror', error => errors.push(String(error?.stack ?? error)))
      await page.setViewportSize(size)
      await page.goto(origin + path, { waitUntil: 'domcontentloaded' })
      return page
    },
    /** Closes the browser as people do. It writes down everything, cookies included. */
    async close() {
      if (browser === undefined) return
      const cdp = await browser.newBrowserCDPSession()
      await cdp.send('Browser.close').catch(() => undefined) // may end before it answers
      await gone()
    },
    /** The battery falls out. */
    async kill() {
      if (browser === undefined) return
      stopNow()
      await gone()
    },
    async dispose() {
      await phone.kill()
      await foreign.close()
    },
    /** A session of the browser's own protocol for `page`. */
    cdp: (page = phone.page) => phone.context.newCDPSession(page),
  }
  return phone
}
