// Every screen of the app, one after the other, with something on it; and every look it can have.
import { phonePhotos } from '../fixtures/make.mjs'
import { addPhotos, fillIn, installed, logVisit, openForm, settled, signedIn } from './app.mjs'
import { newID } from './client.mjs'
import { ownDatabase, tally } from './store.mjs'
import { until } from './wait.mjs'

/** The looks of the app: each choice a person has, and all together. */
export const looks = [
  { name: 'light', theme: 'light', care: false, language: 'zh-CN' },
  { name: 'dark', theme: 'dark', care: false, language: 'zh-CN' },
  { name: 'care', theme: 'light', care: true, language: 'zh-CN' },
  { name: 'en', theme: 'light', care: false, language: 'en' },
  { name: 'en-dark-care', theme: 'dark', care: true, language: 'en' },
]

/** A rule of the proxy: the server takes no records for now. */
const busy = ({ path }) => path === '/api/v1/sync' ? { answer: { status: 503, headers: { 'Zoufang': '1', 'Retry-After': '60' } } } : undefined

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
  const screen = screensOf(world)
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
  world.proxy.rule(busy)
  await logVisit(page)
  await openForm(page)
  await fillIn(page)
  await addPhotos(page, phonePhotos(1, 62))
  const form = new URL(page.url()).pathname
  yield await screen(page, 'home', '/')
  yield await screen(page, 'log', form, () => page.locator('img').first().waitFor())
  yield await screen(page, 'log-more', form, () => page.locator('summary').click())
  /** Opens the sheet behind the button of that name, once it can be read. */
  const sheet = async (name) => {
    await page.getByRole('button', { name }).click()
    await page.getByRole('dialog').waitFor()
  }
  yield await screen(page, 'places', form, () => sheet(/^(全部地点|All places)/))
  yield await screen(page, 'people', form, async () => {
    await page.locator('summary').click()
    await sheet(/^(添加同行|Add colleagues)/)
  })
  yield await screen(page, 'mosaic', form, async () => {
    await sheet(/^(给第 1 张打马赛克|Cover faces in photo 1)$/)
    await page.getByRole('dialog').getByRole('application').click()
  })
  yield await screen(page, 'screening', form, async () => {
    await page.locator('textarea').fill('同学张某的身份证 11010519491231002X,电话 13800138000')
    await sheet(/^(保存|Save)$/)
  })
  yield await screen(page, 'visit', `/visits/${doc}`, () => page.locator('dl, dt, img').first().waitFor())
  yield await screen(page, 'correct', `/visits/${doc}/correct`)
  for (const name of ['visits', 'queue', 'me', 'password', 'suggestion']) yield await screen(page, name, `/${name}`)
  yield await screen(page, 'signout', '/me', () => sheet(/^(退出登录|Sign out)$/))
  yield await screen(page, 'signout-delete', '/me', async () => {
    await sheet(/^(退出登录|Sign out)$/)
    await page.getByRole('button', { name: /^(仍要删除|Delete all the same)$/ }).click()
    await page.getByRole('textbox').waitFor()
  })
  world.proxy.heal()
  await phone.close()
  yield* decisions(world, options)

  const [, office] = await signedIn(world, 'admin', options)
  for (const path of ['/school', '/school/import', '/school/accounts', '/school/suggestions']) yield await screen(office, path.split('/').at(-1), path)
}

/** The screens that ask a cadre to decide: a colleague's joint visit, a text that two wrote, a change the server did not take. */
async function* decisions(world, options) {
  const screen = screensOf(world)
  const [phone, page] = await signedIn(world, 'houqin', options)
  await logVisit(page)
  await logVisit(page)
  await settled(page, 60_000)
  const me = await world.client('houqin')
  const { user, sent } = await ownDatabase(page)
  const [both, withdrawn] = sent.map(({ doc }) => doc)

  // A network too bad for the phone: meanwhile both visits change elsewhere.
  const heal = world.proxy.rule(busy)
  for (const id of [both, withdrawn]) {
    await page.goto(`${world.origin}/visits/${id}/correct`)
    await page.locator('textarea').fill('晚上十点以后没有热水,同学们盼着延长供应时间')
    await page.getByRole('button', { name: '保存更正' }).click()
    await page.waitForURL(({ pathname }) => !pathname.endsWith('/correct'))
  }
  const visits = await me.visits()
  const { rev: base, fields: { where } } = visits.find(({ id }) => id === both)
  const results = await me.push(
    { kind: 'visit', doc: both, base, set: { summary: { was: null, now: '热水供应时间短,已请后勤看一下' } } },
    { kind: 'visit', doc: withdrawn, base: visits.find(({ id }) => id === withdrawn).rev, command: { verb: 'withdraw', reason: '记重了' } },
  )
  // And a colleague was there as well.
  const colleague = await world.client('mishu')
  const start = new Date(Date.now() - 3_600_000).toISOString()
  const author = colleague.session.user
  const fields = {
    author, enteredBy: author, recordedAt: start, when: { start, minutes: 30 }, where, mode: 'face_to_face', form: 'visit',
    group: { kind: 'dorm', name: '' }, talked: 5, raised: false, summary: '一起看了公共浴室',
  }
  results.push(...await colleague.push({
    kind: 'visit', doc: newID(), base: 0, set: Object.fromEntries(Object.entries(fields).map(([name, now]) => [name, { was: null, now }])),
    append: { participants: [{ id: user }] }, command: { verb: 'submit' },
  }))
  if (results.some(({ outcome }) => outcome !== 'applied')) throw new Error(JSON.stringify(results))
  heal()

  yield await screen(page, 'home-asks', '/', () => page.getByRole('button', { name: /^(不是我|Not mine)$/ }).waitFor({ timeout: 60_000 }))
  await until('the server to have answered', async () => {
    const { outbox, attention } = await tally(page)
    return outbox === 0 && attention === 1
  })
  yield await screen(page, 'visit-conflict', `/visits/${both}`, () => page.getByText(/^(有改动被覆盖|A change was replaced)$/).waitFor())
  yield await screen(page, 'visit-attention', `/visits/${withdrawn}`, () => page.locator('dl').first().waitFor())
  yield await screen(page, 'queue-attention', '/queue', () => page.getByRole('button', { name: /^(请办公室帮忙|Ask the office)$/ }).waitFor())
  await phone.close()
}

/** Makes screens of pages: brings `path` up with `more` done on it, and tells how to do so again. */
function screensOf(world) {
  return async (page, name, path, more = async () => undefined) => {
    const show = async () => {
      await page.goto(world.origin + path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await more(page)
    }
    await show()
    return { page, name, show }
  }
}
