// What a person does with photos, in a real Chromium: picking, problems in words, the mosaic brush. Run by shrink.browser.mjs.
import assert from 'node:assert/strict'
import { join } from 'node:path'

import { fixture } from '../../e2e/fixtures/make.mjs'
import { ROOT } from './lab.browser.mjs'

/** The screens, each on a page of its own. */
export const screens = {
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
      let covered = saved[0]
      await taker.mosaic(saved[0].bytes, [{ x: 0.5, y: 0.5, r: 0.1 }], (photo) => { covered = photo })
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
    assert.ok(Math.abs(strokes[0].x - 0.25) < 0.01 && Math.abs(strokes[0].y - 0.25) < 0.01, 'the tap')
    assert.equal(strokes[1].r, 0.12)
  },
}

/** Fails on anything axe finds on the page. */
async function accessible(page) {
  await page.addScriptTag({ path: join(ROOT, 'node_modules/axe-core/axe.min.js') })
  for (const [theme, care] of [['light', false], ['dark', false], ['light', true], ['dark', true]]) {
    const found = await page.evaluate(async ([theme, care]) => {
      document.documentElement.dataset.theme = theme
      document.documentElement.toggleAttribute('data-care', care)
      await Promise.all(document.getAnimations().map(animation => animation.finished))
      const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`)
    }, [theme, care])
    assert.deepEqual(found, [], `${theme}${care ? ', large text' : ''}`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wide <= 0, `${theme}: ${wide} px too wide`)
  }
}
