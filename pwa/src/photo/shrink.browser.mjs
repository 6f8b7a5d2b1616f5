// Proves the photo worker in a real Chromium, on the sources as Vite serves them. Run by `npm run test:photo`; CHROMIUM names another browser.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { chromium } from 'playwright-core'
import { createServer } from 'vite'

import { fixture, names, phonePhoto, PORTRAIT, SCENE } from '../../e2e/fixtures/make.mjs'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')
const LAUNCH = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
}

const print = line => process.stdout.write(`${line}\n`)

/** Serves test pictures under /fixture/, an empty page under /bench and Vue under /bench.js beside the app's modules. */
const pictures = {
  name: 'pictures',
  resolveId: id => id === '/bench.js' ? id : undefined,
  load: id => id === '/bench.js' ? `export { createApp, h, ref } from 'vue'` : undefined,
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

/** The screens, each on a page of its own. */
const screens = {
  async 'nine photos at most, one after another, each problem in words'(page) {
    const got = await page.evaluate(async () => {
      const { usePhoto } = await import('/src/photo/usePhoto.ts')
      const { problemText } = await import('/src/photo/problem.ts')
      const { StorageError } = await import('/src/db/durable.ts')
      const saved = []
      let full = false
      const taker = usePhoto({
        taken: () => saved.length,
        save: async (photo) => {
          if (full) throw new StorageError('full')
          if (saved.some(other => other.sha256 === photo.sha256)) return false
          saved.push(photo)
          return true
        },
      })
      const [good, broken, heic] = [await lab.file('polyglot.jpg'), await lab.file('corrupt.jpg'), await lab.file('fake.heic')]
      const many = await Promise.all(Array.from({ length: 9 }, (_, i) => lab.file(`phone-${i}`)))
      const first = taker.take([good, broken, heic, good], 'camera')
      const working = taker.work.value
      await first
      full = true
      await taker.take([many[0]], 'album')
      full = false
      await taker.take(many, 'album')
      const source = saved.map(photo => photo.source)
      const problems = taker.problems.value.map(problemText)
      taker.dismiss(taker.problems.value[0])
      const covered = await taker.mosaic(saved[0].bytes, [{ x: 0.5, y: 0.5, r: 0.1 }])
      return { source, working, after: taker.work.value, problems, dismissed: taker.problems.value.length, covered: covered.sha256 !== saved[0].sha256 }
    })
    assert.deepEqual(got.source, ['camera', ...Array(8).fill('album')])
    assert.deepEqual([got.working, got.after], [{ at: 'working', left: 4 }, { at: 'idle' }])
    assert.equal(got.problems.length, 5)
    for (const [i, word] of ['第 2 张打不开', '第 3 张是 HEIC', '第 4 张已经在里面', '手机存储满了', '多选的 1 张'].entries()) assert.ok(got.problems[i].includes(word), got.problems[i])
    assert.deepEqual([got.dismissed, got.covered], [4, true])
  },

  async 'cancelling drops what is not saved yet, without a word'(page) {
    const got = await page.evaluate(async () => {
      const { usePhoto } = await import('/src/photo/usePhoto.ts')
      const saved = []
      const taker = usePhoto({ taken: () => 0, save: async photo => saved.push(photo) > 0 })
      const work = taker.take([await lab.file('portrait-12mp.jpg'), await lab.file('polyglot.jpg')], 'album')
      taker.cancel()
      await work
      await taker.take([await lab.file('trailing.jpg')], 'album')
      return { saved: saved.length, problems: taker.problems.value.length, work: taker.work.value }
    })
    assert.deepEqual(got, { saved: 1, problems: 0, work: { at: 'idle' } })
  },

  async 'the picker saves the draft first and hands over what was picked'(page) {
    await page.evaluate(async () => {
      const { createApp, h, ref } = await import('/bench.js')
      const { default: PhotoPicker } = await import('/src/photo/PhotoPicker.vue')
      lab.log = []
      lab.taken = ref(0)
      createApp({ render: () => h(PhotoPicker, {
        taken: lab.taken.value,
        beforeOpen: () => { lab.log.push('draft') },
        onPicked: (files, source) => { lab.log.push(`${source} ${files.length}`); lab.taken.value += files.length },
      }) }).mount('#app')
    })
    for (const [button, picked] of [['拍照', [fixture('polyglot.jpg')]], ['相册', [fixture('trailing.jpg'), fixture('gps-small.jpg')]]]) {
      const opening = page.waitForEvent('filechooser')
      await page.getByRole('button', { name: button }).click()
      const chooser = await opening
      assert.equal(chooser.isMultiple(), button === '相册')
      await chooser.setFiles(picked)
    }
    await page.getByText('照片 3/9').waitFor()
    assert.deepEqual(await page.evaluate(() => lab.log), ['draft', 'camera 1', 'draft', 'album 2'])
    await accessible(page)
    await page.evaluate(() => { lab.taken.value = 9 })
    await page.getByRole('button', { name: '拍照', disabled: true }).waitFor()
  },

  async 'the mosaic editor works by tap, by rub and by keyboard'(page) {
    await page.evaluate(async () => {
      const { createApp, h } = await import('/bench.js')
      const { default: MosaicEditor } = await import('/src/photo/MosaicEditor.vue')
      const { bytes } = await lab.darkroom.shrink(await lab.file('plain-3mp.jpg'), lab.forever)
      lab.done = new Promise((resolve) => { createApp({ render: () => h(MosaicEditor, { bytes, onDone: resolve }) }).mount('#app') })
    })
    const canvas = page.getByRole('application', { name: '打马赛克' })
    await page.waitForFunction(() => document.querySelector('canvas').width === 1600)
    const box = await canvas.boundingBox()
    const at = (x, y) => [box.x + box.width * x, box.y + box.height * y]
    await page.mouse.click(...at(0.25, 0.25))
    await page.mouse.move(...at(0.4, 0.7))
    await page.mouse.down()
    await page.mouse.move(...at(0.6, 0.7), { steps: 2 })
    await page.mouse.up()
    await page.getByText('遮了 2 处').waitFor()
    await page.getByRole('button', { name: '退一步' }).click()
    await page.getByText('遮了 1 处').waitFor()
    await page.getByRole('radio', { name: '大' }).check()
    await canvas.press('ArrowRight')
    await canvas.press('Shift+ArrowDown')
    await canvas.press('Enter')
    await page.getByText('遮了 2 处').waitFor()
    await accessible(page)
    await page.getByRole('button', { name: '完成' }).click()
    const strokes = await page.evaluate(() => lab.done)
    assert.equal(strokes.length, 2)
    near([strokes[0].x * 100, strokes[0].y * 100], [25, 25], 'tap')
    assert.equal(strokes[1].r, 0.12)
  },
}

/** Fails on anything axe finds on the page. */
async function accessible(page) {
  await page.addScriptTag({ path: join(ROOT, 'node_modules/axe-core/axe.min.js') })
  const { violations } = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`), [])
}

const server = await createServer({
  root: ROOT, configFile: join(ROOT, 'vite.config.ts'), logLevel: 'error', plugins: [pictures],
  cacheDir: join(ROOT, 'node_modules/.vite-photo'), optimizeDeps: { noDiscovery: true, include: ['dexie', 'vue'] }, server: { port: 0, host: '127.0.0.1', hmr: false },
})
await server.listen()
const origin = `http://localhost:${server.httpServer.address().port}`
const browser = await chromium.launch(LAUNCH)
let failed = 0

try {
  const rooms = {
    'in a worker': () => undefined,
    'without OffscreenCanvas': () => { delete globalThis.OffscreenCanvas },
  }
  for (const [room, setUp] of Object.entries(rooms)) {
    const page = await browser.newPage()
    await page.addInitScript(setUp)
    await page.goto(`${origin}/bench`)
    await page.evaluate(prepare)
    for (const [name, run] of Object.entries(cases)) await check(`${room}: ${name}`, () => run(page))
    await check(`${room}: workers used`, () => assert.equal(page.workers().length, room === 'in a worker' ? 1 : 0))
    await page.close()
  }
  for (const [name, run] of Object.entries(screens)) {
    await check(name, async () => {
      const page = await browser.newPage({ viewport: { width: 360, height: 780 } })
      await page.goto(`${origin}/bench`)
      await page.evaluate(prepare)
      await run(page)
      await page.close()
    })
  }
  await check('a worker script out of reach: the page does the work', async () => {
    const page = await browser.newPage()
    await page.route(/shrink\.worker/, route => route.abort())
    await page.goto(`${origin}/bench`)
    await page.evaluate(prepare)
    assertClean((await shrink(page, 'polyglot.jpg')).photo)
    await page.close()
  })
  await check('an idle worker goes after ten seconds', async () => {
    const page = await browser.newPage()
    await page.clock.install()
    await page.goto(`${origin}/bench`)
    await page.evaluate(prepare)
    await shrink(page, 'polyglot.jpg')
    const [worker] = page.workers()
    assert.ok(worker !== undefined)
    const gone = worker.waitForEvent('close')
    await page.clock.runFor(10_001)
    await gone
    assertClean((await shrink(page, 'polyglot.jpg')).photo)
    await page.close()
  })
} finally {
  await browser.close()
  await server.close()
}
process.exitCode = failed === 0 ? 0 : 1

async function check(name, run) {
  const started = performance.now()
  try {
    await run()
    print(`ok    ${name} (${(performance.now() - started).toFixed(0)} ms)`)
  } catch (cause) {
    failed++
    print(`FAIL  ${name}\n${cause instanceof Error ? cause.stack : cause}`)
  }
}
