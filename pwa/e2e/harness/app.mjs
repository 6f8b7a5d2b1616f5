// What a person does with the app, by the words on the screen.
import { ownDatabase, tally } from './store.mjs'
import { PATIENCE, until } from './wait.mjs'

/** Signs in on the page that is shown and waits for the start page. */
export async function signIn(page, { username, password }) {
  await page.getByRole('textbox', { name: '账号', exact: true }).fill(username)
  await page.getByLabel('密码', { exact: true }).fill(password)
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await home(page)
}

/** Waits for the start page. */
export async function home(page) {
  await logButton(page).waitFor()
}

/** 记一次走访, however it is made. */
function logButton(page) {
  return page.getByRole('link', { name: '记一次走访', exact: true }).or(page.getByRole('button', { name: '记一次走访', exact: true })).first()
}

/** Waits until the app would open without a network: the service worker is active and has kept everything. */
export async function installed(page) {
  await until('the service worker to be active', () => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated'))
}

/** Waits until this phone has told and been told everything, photos included. */
export async function settled(page, within = PATIENCE) {
  await until('everything on this phone to be confirmed', async () => {
    const now = await tally(page)
    if (now.outbox + now.waiting + now.attention === 0 && now.pulled) return true
    throw new Error(JSON.stringify(now))
  }, { within, every: 150 })
}

/** Opens the form from the start page. */
export async function openForm(page) {
  await logButton(page).click()
  await page.getByRole('group', { name: '在哪儿?' }).waitFor()
}

/** Taps one of the places that are shown, the first unless named, and returns its name. What usually happens there is then filled in. */
export async function choosePlace(page, name) {
  const places = page.getByRole('group', { name: '在哪儿?' })
  const place = name === undefined ? places.getByRole('radio').first() : places.getByRole('radio', { name, exact: true })
  await place.check()
  return name ?? await places.locator('label:has(:checked)').innerText()
}

/** Says how many students it was, if no earlier visit tells. */
async function count(page) {
  const people = page.getByRole('group', { name: '和几位同学谈了?' })
  if (await people.getByRole('spinbutton').inputValue() === '') await people.getByRole('button', { name: '5', exact: true }).click()
}

/** Chooses a place and whatever is still missing after it. */
export async function fillIn(page, name) {
  const place = await choosePlace(page, name)
  await count(page)
  return place
}

/** Adds pictures as the camera (one dialog each) or the album would hand them over, and waits until the form shows them: it shows what the phone holds. */
export async function addPhotos(page, paths, how = '拍照') {
  const shown = page.getByRole('img', { name: /^第 \d 张照片/ })
  const before = await shown.count()
  for (const files of how === '相册' ? [paths] : paths.map(path => [path])) await pick(page, files, how)
  await until(`${paths.length} photos to be in the form`, async () => await shown.count() === before + paths.length, { within: 60_000, every: 100 })
}

/** Hands `files` to the dialog that the button `how` opens. */
export async function pick(page, files, how = '拍照') {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: how, exact: true }).click()])
  await chooser.setFiles(files)
}

/** Presses 保存 and waits for the tick on the start page. */
export async function save(page) {
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await home(page)
  await page.getByText('已存本机 ✓').first().waitFor()
}

/** Logs a whole visit, from the start page and back to it; returns where it was. */
export async function logVisit(page, { place, photos = [] } = {}) {
  await openForm(page)
  const chosen = await fillIn(page, place)
  if (photos.length > 0) await addPhotos(page, photos)
  await save(page)
  return chosen
}

/** Opens the page of a visit. */
export async function openVisit(page, id) {
  await page.goto(new URL(`/visits/${id}`, page.url()).href)
  await page.getByText('交谈人数').waitFor()
}

/** A phone somebody has signed in on, ready for offline. @returns {Promise<[phone: any, page: import('playwright-core').Page]>} */
export async function signedIn(world, username, options) {
  const phone = await world.phone(options)
  const page = await phone.start('/')
  await signIn(page, world.logins[username])
  await until('the school to be on the phone', async () => (await ownDatabase(page)).documents.some(({ kind }) => kind === 'place'))
  return [phone, page]
}
