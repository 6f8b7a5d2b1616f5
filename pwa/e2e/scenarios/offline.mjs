// (a) From the basement to the server: the one path everything hangs on.
import assert from 'node:assert/strict'
import { fixture, phonePhotos } from '../fixtures/make.mjs'
import { home, installed, logVisit, openVisit, settled, signedIn, signIn } from '../harness/app.mjs'
import { newID } from '../harness/client.mjs'
import { assertClean, sha256 } from '../harness/jpeg.mjs'
import { ownDatabase, tally } from '../harness/store.mjs'
import { until } from '../harness/wait.mjs'

export const offline = {
  name: '(a) a visit with photos, logged offline from a cold start, survives a kill and reaches the server whole; nobody else sees it',
  within: 240,
  async run(world) {
    let [phone, page] = await signedIn(world, 'L03')
    await installed(page)
    await settled(page)
    const before = await tally(page)
    await phone.close()
    await world.down()

    // Cold start: no server, no process, only what is on the disk.
    page = await phone.start('/')
    await home(page)
    await logVisit(page, { photos: [fixture('portrait-12mp.jpg'), ...phonePhotos(2, 7)] })
    const saved = await waiting(page)
    await phone.kill()

    page = await phone.start('/')
    await home(page)
    assert.deepEqual(await waiting(page), saved, 'visit, photos and queue are as they were before the kill')
    await page.getByText('本机 1').first().waitFor()
    await openVisit(page, saved.visit)
    await page.getByText('已存本机·等网络').waitFor()
    await until('the three pictures to be shown', () => shown(page, 3))
    await page.goto(world.origin)
    await home(page)

    await world.up()
    await settled(page, 90_000)
    await page.getByText('本机 0').first().waitFor()
    assert.equal((await tally(page)).visits, before.visits + 1)

    const author = await world.client('L03')
    const mine = (await author.visits()).filter(({ id }) => id === saved.visit)
    assert.equal(mine.length, 1)
    const [visit] = mine
    assert.deepEqual(visit.fields.evidence, { state: 'complete', have: 3, want: 3 })
    const stored = world.storedPhotos()
    for (const { sha256: hash, bytes } of saved.photos) {
      const file = stored.get(hash)
      assert.ok(file, `photo ${hash} is on the server's disk`)
      assert.equal(sha256(file), hash, 'the bytes are the ones the phone hashed')
      assert.equal(file.length, bytes)
      assertClean(file, 'a stored photo')
    }
    await openVisit(page, saved.visit)
    await page.getByText('已确认', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: '第 3 张照片,共 3 张' }).waitFor()

    const [, second] = await signedIn(world, 'L03')
    await settled(second)
    await openVisit(second, saved.visit)
    await until('the second phone to show three pictures', () => shown(second, 3))

    await strangerSeesNothing(world, author, visit)
  },
}

/** What waits on this phone, in comparable form. */
async function waiting(page) {
  const { outbox, photos, photoBytes, drafts } = await ownDatabase(page)
  assert.equal(drafts.length, 0)
  assert.equal(outbox.length, 1)
  const held = new Map(photoBytes.map(({ id, data }) => [id, data]))
  for (const { id, manifest } of photos) assert.deepEqual(held.get(id), { bytes: manifest.bytes, sha256: manifest.sha256 }, 'bytes and hash belong together')
  return { visit: outbox[0].doc, bytes: outbox[0].bytes, photos: photos.map(({ manifest }) => manifest) }
}

/** Whether the page shows at least `n` pictures. */
function shown(page, n) {
  return page.evaluate(n => [...document.images].filter(image => image.complete && image.naturalWidth > 0).length >= n, n)
}

/** Another cadre tries every door from a signed-in browser of his own. */
async function strangerSeesNothing(world, author, visit) {
  const phone = await world.phone()
  const page = await phone.start('/')
  await signIn(page, world.logins.houqin)
  await settled(page)
  const ask = (method, path, headers = {}, body = undefined) => page.evaluate(async ([method, path, headers, body]) => {
    const response = await fetch(path, { method, headers: { Zoufang: '1', ...headers }, body })
    return { status: response.status, text: await response.text(), offset: response.headers.get('Upload-Offset'), done: response.headers.get('Zoufang-Done'), location: response.headers.get('Location') }
  }, [method, path, headers, body])

  const own = await ownDatabase(page)
  assert.ok(!own.documents.some(({ id }) => id === visit.id), 'the visit is not among the other cadre\'s documents')
  const { photos } = visit.fields
  for (const { id } of photos) {
    for (const path of [`/api/v1/visits/${visit.id}/photos/${id}`, `/api/v1/visits/${visit.id}/photos/${id}/thumbnail`]) {
      assert.equal((await ask('GET', path)).status, 404, path)
    }
  }

  // An upload of the author that is still open.
  const open = await author.ask('POST', '/api/v1/uploads', undefined, {
    'Tus-Resumable': '1.0.0', 'Upload-Length': '1000', 'Upload-Metadata': `sha256 ${btoa('0'.repeat(64))},type ${btoa('image/jpeg')}`,
  })
  assert.equal(open.status, 201)
  const tus = { 'Tus-Resumable': '1.0.0' }
  const upload = open.headers.get('Location')
  assert.equal((await ask('HEAD', upload, tus)).status, 404)
  assert.equal((await ask('PATCH', upload, { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' }, 'x')).status, 404)
  assert.equal((await ask('DELETE', upload, tus)).status, 404)
  assert.equal((await author.ask('HEAD', upload, undefined, tus)).status, 200, 'and it is still there')

  // He names the photo's hash in a visit of his own, through the session of his browser.
  const [photo] = photos
  const device = own.meta.find(({ key }) => key === 'device')
  const { epoch } = own.meta.find(({ key }) => key === 'pull')
  const start = new Date(Date.now() - 3_600_000).toISOString()
  const his = newID()
  const fields = {
    author: own.user, enteredBy: own.user, recordedAt: start, when: { start, minutes: 30 }, where: visit.fields.where, mode: 'face_to_face', form: 'visit',
    group: { kind: 'dorm', name: '' }, talked: 5, raised: false,
  }
  const { by: _by, ...manifest } = photo
  const mutation = {
    device: device.id, seq: device.next, kind: 'visit', doc: his, base: 0,
    set: Object.fromEntries(Object.entries(fields).map(([name, now]) => [name, { was: null, now }])),
    append: { photos: [{ ...manifest, id: newID() }] }, command: { verb: 'submit' }, at: Date.now(), schema: 1, app: 'e2e',
  }
  const answer = await ask('POST', '/api/v1/sync', { 'Content-Type': 'application/json' },
    JSON.stringify({ device: device.id, schema: 1, epoch, acked: device.next - 1, push: [mutation] }))
  assert.equal(answer.status, 200, answer.text)
  assert.equal(JSON.parse(answer.text).results[0].outcome, 'applied', answer.text)
  const [hisPhoto] = mutation.append.photos
  assert.equal((await ask('GET', `/api/v1/visits/${his}/photos/${hisPhoto.id}`)).status, 404)
  assert.equal((await ask('GET', `/api/v1/visits/${his}/photos/${hisPhoto.id}/thumbnail`)).status, 404)
  const claim = await ask('POST', '/api/v1/uploads', { ...tus, 'Upload-Length': String(photo.bytes), 'Upload-Metadata': `sha256 ${btoa(photo.sha256)},type ${btoa('image/jpeg')}` })
  assert.deepEqual([claim.status, claim.offset, claim.done], [201, '0', null], 'he has to send the bytes he does not have')
  assert.equal((await ask('GET', `/api/v1/visits/${his}/photos/${hisPhoto.id}`)).status, 404)
}
