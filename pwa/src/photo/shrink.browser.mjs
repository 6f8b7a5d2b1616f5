// Proves the darkroom in a real Chromium, on the sources as Vite serves them. Run by `npm run test:photo`; CHROMIUM names another browser.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

import { PORTRAIT, SCENE } from '../../e2e/fixtures/make.mjs'
import { openLab } from './lab.browser.mjs'
import { screens } from './screens.browser.mjs'

/** The longest check takes 3 s on an idle machine; a busy one must not fail. */
const CHECK_MS = 90_000

const print = line => process.stdout.write(`${line}\n`)

/** Shrinks a test picture in `page`; bytes come back as base64. */
function shrink(page, name, watermark = []) {
  return page.evaluate(async ([name, watermark]) => {
    const file = await lab.file(name)
    const started = performance.now()
    const { photo, ...failed } = await lab.outcome(lab.darkroom.shrink(file, lab.forever, watermark))
    const ms = Math.round(performance.now() - started)
    if (photo === undefined) return { ...failed, ms }
    const base64 = bytes => btoa(Array.from(new Uint8Array(bytes), byte => String.fromCharCode(byte)).join(''))
    const { data, width } = await lab.pixels(photo.bytes)
    const mean = (x, y) => { // over 32 × 32 px, against the grain
      const sum = [0, 0, 0]
      const [left, top] = [Math.floor(x * photo.width) - 16, Math.floor(y * photo.height) - 16]
      for (let i = 0; i < 1024; i++) {
        const at = ((top + (i >> 5)) * width + left + (i & 31)) * 4
        for (let channel = 0; channel < 3; channel++) sum[channel] += data[at + channel] / 1024
      }
      return sum.map(Math.round)
    }
    return { ms, photo: { ...photo, bytes: base64(photo.bytes), thumb: base64(photo.thumb) }, sky: mean(0.6, 0.2), ground: mean(0.3, 0.8), strip: mean(0.07, 0.5), right: mean(0.8, 0.3) }
  }, [name, watermark])
}

function near(got, want, what) {
  assert.ok(got.every((value, i) => Math.abs(value - want[i]) < 25), `${what}: got ${got}, want about ${want}`)
}

function assertClean(photo) {
  const bytes = Buffer.from(photo.bytes, 'base64')
  const thumb = Buffer.from(photo.thumb, 'base64')
  for (const jpeg of [bytes, thumb]) {
    assert.equal(jpeg.readUInt16BE(0), 0xffd8, 'is a JPEG')
    assert.equal(jpeg.readUInt16BE(jpeg.length - 2), 0xffd9, 'ends with the picture')
    assert.deepEqual(markers(jpeg).filter(marker => marker === 0xe1 || marker === 0xfe), [], 'has no APP1 and no comment')
    for (const word of ['Exif', 'GPS', '<html', '<script', 'PK\x03\x04']) assert.ok(!jpeg.includes(word), `does not hold ${word}`)
  }
  assert.equal(photo.sha256, createHash('sha256').update(bytes).digest('hex'), 'hash is of the bytes')
  assert.ok(thumb.length <= 15_000, `thumbnail is small: ${thumb.length}`)
  assert.ok(Math.max(photo.width, photo.height) <= 1600, 'is at most 1600 px')
}

function markers(jpeg) {
  const found = []
  for (let at = 2; jpeg[at + 1] !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2)) found.push(jpeg[at + 1])
  return found
}

const cases = {
  async '12 MP portrait comes out upright, small, without position'(page) {
    const { photo, sky, ground, strip, ms } = await shrink(page, 'portrait-12mp.jpg')
    assertClean(photo)
    assert.deepEqual([photo.width, photo.height], [1200, 1600])
    near(sky, SCENE.sky, 'sky is on top')
    near(ground, SCENE.ground, 'ground is below')
    near(strip, SCENE.strip, 'the strip is at the left')
    assert.equal(photo.takenAt, PORTRAIT.takenAt)
    print(`      12 MP: ${ms} ms, ${Buffer.from(photo.bytes, 'base64').length} bytes, thumbnail ${Buffer.from(photo.thumb, 'base64').length}`)
    const again = await shrink(page, 'portrait-12mp.jpg')
    print(`      12 MP again: ${again.ms} ms`)
    assert.equal(again.photo.sha256, photo.sha256)
  },

  async '3 MP photo and screenshot work; transparency is white'(page) {
    const plain = await shrink(page, 'plain-3mp.jpg')
    assertClean(plain.photo)
    assert.deepEqual([plain.photo.width, plain.photo.height, plain.photo.takenAt], [1600, 1200, undefined])
    print(`      3 MP: ${plain.ms} ms`)
    const png = await shrink(page, 'screenshot.png')
    assertClean(png.photo)
    assert.deepEqual([png.photo.width, png.photo.height], [738, 1600])
    near(png.right, [255, 255, 255], 'right half')
    near(png.ground, SCENE.ground, 'left half')
    print(`      PNG: ${png.ms} ms`)
  },

  async 'a small picture is not enlarged, and what was hidden in it is gone'(page) {
    for (const name of ['polyglot.jpg', 'trailing.jpg', 'gps-small.jpg']) {
      const { photo } = await shrink(page, name)
      assertClean(photo)
      assert.deepEqual([photo.width, photo.height], [320, 240], name)
    }
  },

  async 'a picture of pure noise still keeps within its bytes'(page) {
    const got = await page.evaluate(async () => {
      const noise = new ImageData(2000, 1500)
      for (let at = 0; at < noise.data.length; at += 65_536) crypto.getRandomValues(noise.data.subarray(at, at + 65_536))
      for (let at = 3; at < noise.data.length; at += 4) noise.data[at] = 255
      const canvas = document.createElement('canvas')
      canvas.width = 2000
      canvas.height = 1500
      canvas.getContext('2d').putImageData(noise, 0, 0)
      const file = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/png') })
      const { bytes, thumb } = await lab.darkroom.shrink(file, lab.forever)
      return { bytes: bytes.byteLength, thumb: thumb.byteLength }
    })
    print(`      noise: ${got.bytes} bytes, thumbnail ${got.thumb}`)
    assert.ok(got.thumb <= 15_000 && got.bytes < 1_000_000)
  },

  async 'what cannot be decoded is refused with what it is'(page) {
    const want = {
      'corrupt.jpg': { kind: 'unreadable', format: 'jpeg' },
      'empty.jpg': { kind: 'unreadable', format: 'other' },
      'fake.heic': { kind: 'unreadable', format: 'heic' },
      'drawing.svg': { kind: 'unreadable', format: 'other' },
      'bomb-20000.png': { kind: 'too_large', limit: 'pixels' },
    }
    for (const [name, failure] of Object.entries(want)) assert.deepEqual((await shrink(page, name)).failure, failure, name)
    const heavy = await page.evaluate(() => lab.outcome(lab.darkroom.shrink(new Blob([new Uint8Array(41_000_000)]), lab.forever)))
    assert.deepEqual(heavy.failure, { kind: 'too_large', limit: 'bytes' })
  },

  async 'a watermark is on the pixels and under the hash'(page) {
    const bare = await shrink(page, 'plain-3mp.jpg')
    const marked = await shrink(page, 'plain-3mp.jpg', ['本机时间 2026-11-17 19:20', '梧桐苑5栋'])
    assertClean(marked.photo)
    assert.notEqual(marked.photo.sha256, bare.photo.sha256)
    near(marked.sky, SCENE.sky, 'sky stays')
  },

  async 'mosaic changes pixels within its strokes only, for good'(page) {
    const got = await page.evaluate(async () => {
      const { photo } = await lab.outcome(lab.darkroom.shrink(await lab.file('plain-3mp.jpg'), lab.forever))
      const stroke = { x: 0.5, y: 0.5, r: 0.1 }
      const same = await lab.darkroom.mosaic(photo.bytes, [], lab.forever)
      const blurred = await lab.darkroom.mosaic(photo.bytes, [stroke], lab.forever)
      const [before, after] = [await lab.pixels(same.bytes), await lab.pixels(blurred.bytes)]
      const { width, height } = before
      let outside = 0
      let inside = 0
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const at = (y * width + x) * 4
          if (before.data[at] === after.data[at] && before.data[at + 1] === after.data[at + 1] && before.data[at + 2] === after.data[at + 2]) continue
          // One JPEG block of 16 px, and what its neighbours' colours bleed into.
          if (Math.hypot(x - stroke.x * width, y - stroke.y * height) > stroke.r * width + 34) outside++
          else inside++
        }
      }
      const size = [blurred.width, blurred.height]
      return { outside, inside, size, hashes: new Set([photo.sha256, same.sha256, blurred.sha256]).size, thumb: blurred.thumb.byteLength }
    })
    assert.equal(got.outside, 0)
    assert.ok(got.inside > 60_000, `${got.inside} px changed`)
    assert.deepEqual([got.size, got.hashes], [[1600, 1200], 3])
    assert.ok(got.thumb <= 15_000)
  },

  async 'photos are developed one after another; an aborted one makes way'(page) {
    const got = await page.evaluate(async () => {
      const file = await lab.file('portrait-12mp.jpg')
      const small = await lab.file('polyglot.jpg')
      const second = new AbortController()
      const order = []
      const first = lab.outcome(lab.darkroom.shrink(file, lab.forever)).then((result) => { order.push('first'); return result })
      const aborted = lab.outcome(lab.darkroom.shrink(file, second.signal)).then((result) => { order.push('aborted'); return result })
      const third = lab.outcome(lab.darkroom.shrink(small, lab.forever)).then((result) => { order.push('third'); return result })
      void first.then(() => { setTimeout(() => { second.abort() }, 20) })
      const results = await Promise.all([first, aborted, third])
      return { order, results: results.map(result => result.photo === undefined ? result.error : 'photo') }
    })
    assert.deepEqual(got.order, ['first', 'aborted', 'third'])
    assert.deepEqual(got.results, ['photo', 'AbortError: signal is aborted without reason', 'photo'])
  },
}

const room = await openLab()
let failed = 0

try {
  const withoutOffscreen = page => page.addInitScript(() => { delete globalThis.OffscreenCanvas })
  for (const [where, before, workers] of [['in a worker', undefined, 1], ['without OffscreenCanvas', withoutOffscreen, 0]]) {
    const page = await room.open(before)
    for (const [name, run] of Object.entries(cases)) await check(`${where}: ${name}`, () => run(page))
    await check(`${where}: workers used`, () => assert.equal(page.workers().length, workers))
    await page.close()
  }

  await checkOn('a worker script out of reach: the page does the work', async (page) => {
    assertClean((await shrink(page, 'polyglot.jpg')).photo)
    assert.equal(page.workers().length, 0)
  }, page => page.route(/shrink\.worker/, route => route.abort()))

  await checkOn('an idle worker goes after ten seconds', async (page) => {
    await shrink(page, 'polyglot.jpg')
    const [worker] = page.workers()
    assert.ok(worker !== undefined)
    const gone = worker.waitForEvent('close')
    await page.clock.runFor(10_001)
    await gone
    assertClean((await shrink(page, 'polyglot.jpg')).photo)
  }, page => page.clock.install())

  for (const [name, run] of Object.entries(screens)) await checkOn(name, run)
} finally {
  await room.close()
}
process.exitCode = failed === 0 ? 0 : 1

/** Checks on a fresh page. */
async function checkOn(name, run, before) {
  await check(name, async () => {
    const page = await room.open(before)
    await run(page)
    await page.close()
  })
}

async function check(name, run) {
  const started = performance.now()
  try {
    await Promise.race([run(), new Promise((_, reject) => { setTimeout(reject, CHECK_MS, new Error(`nothing after ${CHECK_MS} ms`)).unref() })])
    print(`ok    ${name} (${(performance.now() - started).toFixed(0)} ms)`)
  } catch (cause) {
    failed++
    print(`FAIL  ${name}\n${cause instanceof Error ? cause.stack : cause}`)
  }
}
