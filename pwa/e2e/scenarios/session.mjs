// (d) A session that ends while there is no network; another person on the same phone.
import assert from 'node:assert/strict'
import { phonePhotos } from '../fixtures/make.mjs'
import { home, logVisit, settled, signedIn, signIn } from '../harness/app.mjs'
import { databases, ownDatabase, tally } from '../harness/store.mjs'
import { until } from '../harness/wait.mjs'

export const expired = {
  name: '(d) a session that ended offline: capture goes on, sync asks once, another person neither sends nor sees the records',
  within: 180,
  async run(world) {
    const { proxy } = world
    const [phone, page] = await signedIn(world, 'L03')
    await settled(page)
    const author = await world.client('L03')
    const before = (await author.visits()).length

    await proxy.down()
    await phone.context.clearCookies()
    await logVisit(page, { photos: phonePhotos(1, 21) })
    await logVisit(page)
    const saved = await ownDatabase(page)
    assert.equal(saved.outbox.length, 2)

    await proxy.up()
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await page.getByText('请重新登录,记录都在本机').waitFor()
    assert.equal((await tally(page)).outbox, 2, 'nothing is deleted for a 401')

    // It asks once: whatever happens now, the server is not asked again and again.
    const asked = () => proxy.log.filter(({ status }) => status === 401).length
    const once = asked()
    await logVisit(page)
    await page.evaluate(() => { for (const name of ['online', 'focus', 'pageshow']) window.dispatchEvent(new Event(name)) })
    await page.getByText('本机 3').first().waitFor()
    assert.equal(asked(), once, 'no request is made in vain while it is known that a sign-in is due')
    assert.equal(await page.getByText('请重新登录,记录都在本机').count(), 1)

    // Another person signs in on this phone: sees nothing of it but that it is there, sends nothing of it.
    const sent = proxy.log.length
    await page.getByRole('link', { name: '登录', exact: true }).or(page.getByRole('button', { name: '登录', exact: true })).first().click()
    await signIn(page, world.logins.houqin)
    await settled(page)
    const other = await ownDatabase(page)
    assert.notEqual(other.user, saved.user)
    const ids = saved.outbox.map(({ doc }) => doc)
    assert.ok(!other.documents.some(({ id }) => ids.includes(id)), 'the other person holds none of them')
    await page.getByText('本机 0').first().waitFor()
    for (const { body } of proxy.log.slice(sent)) {
      for (const id of ids) assert.ok(!body?.includes(id), 'the other person sends none of them')
    }
    assert.equal((await databases(page))[`zoufang-${saved.user}`].outbox.length, 3, 'they lie there untouched')
    assert.equal((await author.visits()).length, before)

    // Their owner comes back.
    await page.goto(new URL('/me', page.url()).href)
    await page.getByRole('button', { name: '退出登录' }).click()
    await page.getByText(/本机有 副书记 的 3 条未传记录/).waitFor()
    await signIn(page, world.logins.L03)
    await settled(page, 60_000)
    assert.equal((await author.visits()).length, before + 3)
    assert.equal((await author.visits()).filter(({ id, fields }) => ids.includes(id) && fields.evidence.state === 'complete').length, 1, 'the photo has arrived as well')
  },
}

export const twoTabs = {
  name: '(e) two tabs that save and sync at once double nothing and lose nothing',
  within: 180,
  async run(world) {
    const [phone, first] = await signedIn(world, 'L03')
    await settled(first)
    const author = await world.client('L03')
    const before = (await author.visits()).length
    const second = await phone.tab('/')
    await home(second)
    const photos = phonePhotos(6, 23)
    // A slow network, so that each tab is in the middle of sending when the other saves.
    world.proxy.rule(({ path }) => path.startsWith('/api/v1/') ? { delay: 120 } : undefined)
    const rounds = async (page, mine) => {
      for (const photo of mine) await logVisit(page, { photos: [photo] })
    }
    await Promise.all([rounds(first, photos.slice(0, 3)), rounds(second, photos.slice(3))])
    await settled(first, 90_000)

    const { sent, photos: rows, meta } = await ownDatabase(second)
    assert.equal(rows.length, 6)
    const visits = await author.visits()
    assert.equal(visits.length, before + 6, 'six visits more on the server')
    assert.equal(visits.filter(({ fields }) => fields.evidence?.want === 1 && fields.evidence.state === 'complete').length >= 6, true)
    const seqs = sent.map(({ seq }) => seq).sort((a, b) => a - b)
    assert.deepEqual(seqs, seqs.map((_, i) => i + 1), 'every number was used once')
    assert.equal(meta.find(({ key }) => key === 'device').next, seqs.length + 1)
    const creations = world.proxy.log.filter(({ method, path }) => method === 'POST' && path === '/api/v1/uploads')
    assert.equal(creations.length, 6, 'each photo was begun once')
    for (const page of [first, second]) await until('both tabs to show it', () => page.getByText('本机 0').first().isVisible())
  },
}
