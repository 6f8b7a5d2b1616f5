// What may happen to a form: the camera kills the page, the disk is full, an update comes, there is no service worker, it was a mistake.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { fixture, phonePhotos } from '../fixtures/make.mjs'
import { addPhotos, fillIn, home, installed, logVisit, openForm, pick, save, settled, signedIn, signIn } from '../harness/app.mjs'
import { otherBuild, thisBuild } from '../harness/builds.mjs'
import { ownDatabase, tally } from '../harness/store.mjs'
import { until } from '../harness/wait.mjs'

export const killedDraft = {
  name: 'a draft with a photo survives the camera killing the page',
  async run(world) {
    let [phone, page] = await signedIn(world, 'L03')
    await installed(page)
    await openForm(page)
    await fillIn(page)
    await addPhotos(page, [fixture('plain-3mp.jpg')])
    const { drafts: [draft] } = await ownDatabase(page)
    const place = draft.form.where.name
    // The camera opens, and the system needs the memory.
    await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: '拍照', exact: true }).click()])
    await phone.kill()

    page = await phone.start('/')
    await home(page)
    await page.getByText('草稿 1 份').click()
    await page.getByRole('group', { name: '在哪儿?' }).locator('label:has(:checked)').getByText(place, { exact: true }).waitFor()
    await page.getByRole('img', { name: '第 1 张照片,共 1 张' }).waitFor()
    await save(page)
    assert.deepEqual(await tally(page).then(({ drafts, photos }) => ({ drafts, photos })), { drafts: 0, photos: 1 })
  },
}

export const fullDisk = {
  name: '(f) a full disk while a photo is saved: the form survives, with words a person can act on',
  async run(world) {
    const photos = phonePhotos(2, 31)
    let [phone, page] = await signedIn(world, 'L03')
    await installed(page)
    await settled(page)
    const { usage } = await page.evaluate(() => navigator.storage.estimate())
    await phone.close()

    // Chromium looks at a new limit only when it has not looked for a while: so before the app starts.
    let limit
    page = await phone.start('/', async (blank) => {
      const cdp = await phone.cdp(blank)
      limit = size => cdp.send('Storage.overrideQuotaForOrigin', { origin: world.origin, ...(size && { quotaSize: size }) })
      await limit(usage + 3_000_000)
    })
    const summary = page.getByRole('textbox', { name: '说一两句(可不写)' })
    await home(page)
    await openForm(page)
    await fillIn(page)
    await addPhotos(page, [photos[0]])
    await summary.fill('热水供应时间短')
    await page.getByText('草稿已存本机').waitFor()
    await page.evaluate(fillUp)
    await pick(page, [photos[1]])
    await page.getByText('手机存储满了,第 1 张没有存下。已填的和已存的照片都在。').waitFor()
    await page.getByRole('img', { name: '第 1 张照片,共 1 张' }).waitFor()
    assert.equal(await summary.inputValue(), '热水供应时间短')

    // Saving cannot work either, and says so, until there is room.
    await page.getByRole('button', { name: '保存', exact: true }).click()
    await page.getByText('手机存储满了,这次走访还没有存下。').waitFor()
    await page.getByText('填好的内容都还在这一页。').waitFor()
    assert.equal(await summary.inputValue(), '热水供应时间短')
    await limit()
    await page.getByRole('button', { name: '再试一次', exact: true }).last().click()
    await page.getByText('已存本机 ✓').first().waitFor()
    await settled(page)
    assert.equal((await tally(page)).photos, 1)
  },
}

/** Runs in the page: writes into a database beside the app's until not even a hundred bytes fit any more. */
async function fillUp() {
  const db = await new Promise((resolve, reject) => {
    const opening = indexedDB.open('filler')
    opening.onupgradeneeded = () => opening.result.createObjectStore('bytes', { autoIncrement: true })
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  for (let size = 65_536; size > 100;) {
    const fits = await new Promise((resolve) => {
      const writing = db.transaction('bytes', 'readwrite')
      writing.objectStore('bytes').add(crypto.getRandomValues(new Uint8Array(size)))
      writing.oncomplete = () => resolve(true)
      writing.onabort = () => resolve(false)
    })
    if (!fits) size /= 2
  }
  db.close()
}

export const updated = {
  name: '(g) an update of the app is offered, and a draft and queued records survive it',
  within: 240,
  world: async () => ({ pwa: thisBuild() }),
  async run(world) {
    const next = await otherBuild()
    const [, page] = await signedIn(world, 'L03')
    await installed(page)
    await settled(page)
    // The server answers the app but takes no records: they stay in the queue.
    const heal = world.proxy.rule(({ path }) => path === '/api/v1/sync' ? { answer: { status: 503, headers: { 'Zoufang': '1', 'Retry-After': '1' } } } : undefined)
    await logVisit(page, { photos: phonePhotos(1, 41) })
    await openForm(page)
    await fillIn(page)
    await page.getByRole('textbox', { name: '说一两句(可不写)' }).fill('更新以前写的')
    await page.getByText('草稿已存本机').waitFor()
    const before = await ownDatabase(page)

    cpSync(next.folder, world.pwa, { recursive: true })
    await page.evaluate(() => navigator.serviceWorker.getRegistration().then(registration => registration.update()))
    await page.getByText('有新版本。草稿和未传的记录都会留着。').waitFor()
    await page.getByRole('textbox', { name: '说一两句(可不写)' }).fill('更新以前写的,还在写')
    const reloaded = page.waitForEvent('load')
    await page.getByRole('button', { name: '现在更新' }).click()
    await reloaded
    await until('the new build to run', () => page.evaluate(script => [...document.scripts].some(({ src }) => src.endsWith(script)), next.entry))
    await until('the form to be back', async () => await page.getByRole('textbox', { name: '说一两句(可不写)' }).inputValue() === '更新以前写的,还在写')
    const after = await ownDatabase(page)
    assert.deepEqual(after.outbox.map(({ bytes }) => bytes), before.outbox.map(({ bytes }) => bytes), 'queued records are the same bytes')
    assert.deepEqual(after.photoBytes, before.photoBytes)

    heal()
    await save(page)
    await settled(page, 60_000)
    const visits = await (await world.client('L03')).visits()
    assert.equal(visits.filter(({ fields }) => fields.summary === '更新以前写的,还在写').length, 1)
  },
}

export const withoutWorker = {
  name: 'without a service worker everything works but the cold start',
  async run(world) {
    const phone = await world.phone({ prepare: 'delete Navigator.prototype.serviceWorker' })
    const page = await phone.start('/')
    await signIn(page, world.logins.L03)
    await settled(page)
    assert.equal(await page.evaluate(() => 'serviceWorker' in navigator), false)
    await until('all pages to be fetched', () => page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('VisitPage'))))
    await world.down()
    await logVisit(page, { photos: phonePhotos(1, 51) })
    await page.getByText('本机 1').first().waitFor()
    await page.getByRole('link', { name: '走访', exact: true }).click()
    await page.getByText('已存本机·等网络').first().waitFor()
    await world.up()
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await settled(page, 60_000)
    assert.equal(await phone.page.evaluate(async () => (await caches.keys()).length), 0, 'there is no cache of a worker')
  },
}

export const undone = {
  name: 'a visit saved by mistake is taken back within six seconds',
  async run(world) {
    const [, page] = await signedIn(world, 'L03')
    await settled(page)
    const author = await world.client('L03')
    const before = (await author.visits()).length
    await logVisit(page)
    const { sent, outbox } = await ownDatabase(page)
    const id = [...sent, ...outbox].at(-1).doc
    await page.getByRole('button', { name: '撤销' }).click()
    await settled(page)
    assert.equal((await author.visits()).length, before, 'the server has a visit less')
    assert.ok((await ownDatabase(page)).documents.every(({ document }) => document.id !== id || document.deleted), 'and so has the phone')
    const links = page.locator(`a[href="/visits/${id}"]`)
    await until('it to be off the screen', async () => await links.count() === 0)
  },
}
