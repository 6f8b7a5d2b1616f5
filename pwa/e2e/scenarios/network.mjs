// (b) and (c): what networks do to a phone that sends.
import assert from 'node:assert/strict'
import { phonePhotos } from '../fixtures/make.mjs'
import { logVisit, settled, signedIn } from '../harness/app.mjs'
import { sha256 } from '../harness/jpeg.mjs'
import { ownDatabase, tally } from '../harness/store.mjs'

const isUpload = ({ method, path }) => method === 'PATCH' && path.startsWith('/api/v1/uploads/')
const isSync = ({ method, path }) => method === 'POST' && path === '/api/v1/sync'
const largestChunk = 256 * 1024

export const cuts = {
  name: '(b) uploads cut at random bytes 20 times finish, and no byte is sent twice but for the cut chunks',
  within: 240,
  run: world => cutUploads(world, 20),
}

/**
 * Logs visits with three photos each until `wanted` chunks were cut, waits until all have arrived, and counts the bytes. Cut is the
 * first chunk of each photo and some of the others, or what `mayCut` says.
 */
export async function cutUploads(world, wanted, mayCut = undefined) {
  const seed = Number(process.env.E2E_SEED ?? Date.now() % 1_000_000)
  const random = mulberry(seed)
  const told = `      seed ${seed} (E2E_SEED)`
  const [, page] = await signedIn(world, 'L03')
  let cut = 0
  const begun = new Set()
  world.proxy.rule((entry) => {
    if (!isUpload(entry) || cut >= wanted || !(mayCut?.(entry) ?? (!begun.has(entry.path) || random() < 0.4))) return
    cut++
    begun.add(entry.path)
    return { cutRequest: Math.floor(random() * entry.announced) }
  })
  const photos = phonePhotos(24, 11)
  try {
    for (let visits = 0; cut < wanted && visits < photos.length; visits += 3) {
      await logVisit(page, { photos: photos.slice(visits, visits + 3) })
      await settled(page, 120_000)
    }
    assert.equal(cut, wanted, 'as many cuts as wanted')
  } catch (error) {
    error.message += `\n${told}`
    throw error
  }

  const { photos: rows } = await ownDatabase(page)
  const size = rows.reduce((sum, { manifest }) => sum + manifest.bytes, 0)
  const patches = world.proxy.log.filter(isUpload)
  const sent = patches.reduce((sum, { announced }) => sum + announced, 0)
  const whole = patches.filter(({ fault }) => fault === undefined).reduce((sum, { announced }) => sum + announced, 0)
  const stored = world.storedPhotos()
  for (const { manifest } of rows) assert.ok(stored.has(manifest.sha256), 'every photo has arrived')
  assert.equal(whole, size, `every byte arrived once; ${told}`)
  assert.ok(sent <= size + cut * largestChunk, `sent ${sent} of ${size} with ${cut} cuts; ${told}`)
  return `${told}: ${rows.length} photos, ${size} bytes, ${cut} cuts, ${sent} sent`
}

export const lostAnswers = {
  name: '(c) the answers of a push are lost after the commit: one visit on the server, one on the phone',
  run: world => loseAnswers(world),
}

export async function loseAnswers(world) {
  const [, page] = await signedIn(world, 'L03')
  await settled(page)
  const author = await world.client('L03')
  const before = { server: (await author.visits()).length, phone: (await tally(page)).visits }
  let lost = 0
  world.proxy.rule((entry) => {
    if (!isSync(entry) || lost >= 3) return
    // The head never comes, or the body breaks off in the middle.
    return { cutAnswer: lost++ === 1 ? 40 : 0 }
  })
  await logVisit(page)
  await settled(page, 90_000)

  const pushes = world.proxy.log.filter(entry => isSync(entry) && JSON.parse(entry.body.toString()).push.length > 0)
  assert.equal(lost, 3)
  assert.ok(pushes.length >= 2, 'the push was repeated')
  const [first, ...again] = pushes.map(({ body }) => /"push":(\[.*\])/s.exec(body.toString())[1].split(',"pull"')[0])
  for (const each of again) assert.ok(each.startsWith(first.slice(0, -1)), 'the same bytes every time')
  await world.sabotage?.(page)
  assert.equal((await author.visits()).length, before.server + 1, 'one visit more on the server')
  assert.equal((await tally(page)).visits, before.phone + 1, 'one visit more on the phone')
}

export const killedServer = {
  name: 'a server killed after a commit, and again in the middle of an upload, has lost nothing and doubled nothing',
  async run(world) {
    const { server, proxy } = world
    const [, page] = await signedIn(world, 'L03')
    await settled(page)
    const before = (await (await world.client('L03')).visits()).length
    const deaths = []
    const dies = () => { deaths.push(server.kill().then(() => server.start())) }
    let chunks = 0
    proxy.rule((entry) => {
      // The first answer it has worked for is never sent.
      if (isSync(entry) && deaths.length === 0) return { cutAnswer: 0, after: dies }
      if (isUpload(entry) && ++chunks === 2) return { cutRequest: Math.floor(entry.announced / 2), after: dies }
    })
    await logVisit(page, { photos: phonePhotos(3, 71) })
    await settled(page, 60_000)
    await Promise.all(deaths)
    assert.equal(deaths.length, 2)
    const visits = await (await world.client('L03')).visits()
    assert.equal(visits.length, before + 1)
    const { photos } = await ownDatabase(page)
    const stored = world.storedPhotos()
    for (const { manifest } of photos) assert.equal(sha256(stored.get(manifest.sha256)), manifest.sha256)
  },
}

/** A small random source that a seed repeats. */
function mulberry(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
