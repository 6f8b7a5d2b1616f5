// Every screen of the app, one after the other, with something on it; and every look it can have.
import { phonePhotos } from '../fixtures/make.mjs'
import { addPhotos, fillIn, installed, logVisit, openForm, settled, signedIn } from './app.mjs'
import { ownDatabase } from './store.mjs'

/** The looks of the app: each choice a person has, and all together. */
export const looks = [
  { name: 'light', theme: 'light', care: false, language: 'zh-CN' },
  { name: 'dark', theme: 'dark', care: false, language: 'zh-CN' },
  { name: 'care', theme: 'light', care: true, language: 'zh-CN' },
  { name: 'en', theme: 'light', care: false, language: 'en' },
  { name: 'en-dark-care', theme: 'dark', care: true, language: 'en' },
]

/** Puts a look on what is shown, as the settings would; a new language shows the screen again. */
export async function wear({ page, show }, { theme, care, language }) {
  const speaksOther = await page.evaluate(({ theme, care, language }) => {
    localStorage.setItem('zf.preferences', JSON.stringify({ theme, care, language }))
    const root = document.documentElement
    root.dataset.theme = theme
    root.toggleAttribute('data-care', care)
    return root.lang !== language
  }, { theme, care, language })
  if (speaksOther) await show()
}

/** Waits until no colour or place changes any more; what moves for ever is let alone. Asked, not awaited: what is folded away never tells that it has finished. */
export async function still(page) {
  await page.waitForFunction(() => document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect?.getComputedTiming().endTime === Infinity))
}

/**
 * Yields { page, name, show } for every screen: signed out, as a cadre, as the office. `show` brings the screen up again.
 * @param {{ size?: { width: number, height: number } }} [options] of the phones
 */
export async function* allScreens(world, options = {}) {
  const screen = async (page, name, path, more = async () => undefined) => {
    const show = async () => {
      await page.goto(world.origin + path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await more(page)
    }
    await show()
    return { page, name, show }
  }
  const guest = await world.phone(options)
  const entry = await guest.start('/signin')
  yield await screen(entry, 'signin', '/signin')
  yield await screen(entry, 'setup', '/setup')
  await guest.close()

  const [phone, page] = await signedIn(world, 'L03', options)
  await installed(page)
  await logVisit(page, { photos: phonePhotos(2, 61) })
  await settled(page, 60_000)
  const { sent: [{ doc }] } = await ownDatabase(page)
  // One visit that waits, and one still in its form.
  world.proxy.rule(({ path }) => path === '/api/v1/sync' ? { answer: { status: 503, headers: { 'Zoufang': '1', 'Retry-After': '60' } } } : undefined)
  await logVisit(page)
  await openForm(page)
  await fillIn(page)
  await addPhotos(page, phonePhotos(1, 62))
  const form = new URL(page.url()).pathname
  yield await screen(page, 'home', '/')
  yield await screen(page, 'log', form, () => page.locator('img').first().waitFor())
  yield await screen(page, 'log-more', form, () => page.locator('summary').click())
  yield await screen(page, 'places', form, async () => {
    await page.getByRole('button', { name: /^(全部地点|All places)/ }).click()
    await page.getByRole('dialog').waitFor()
  })
  yield await screen(page, 'visit', `/visits/${doc}`, () => page.locator('dl, dt, img').first().waitFor())
  yield await screen(page, 'correct', `/visits/${doc}/correct`)
  for (const name of ['visits', 'queue', 'me', 'password', 'suggestion']) yield await screen(page, name, `/${name}`)
  world.proxy.heal()
  await phone.close()

  const [, office] = await signedIn(world, 'admin', options)
  for (const path of ['/school', '/school/import', '/school/accounts', '/school/suggestions']) yield await screen(office, path.split('/').at(-1), path)
}
