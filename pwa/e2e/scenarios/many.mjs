// An evening in the dormitories: one visit after the other, no network, no waiting.
import assert from 'node:assert/strict'
import { fillIn, home, installed, openForm, settled, signedIn } from '../harness/app.mjs'
import { ownDatabase } from '../harness/store.mjs'
import { until } from '../harness/wait.mjs'

const PLACES = ['梧桐苑5栋', '创新楼报告厅', undefined, '梧桐苑5栋']

export const evening = {
  name: 'several visits in a row without a network, each saved by two hasty taps: each is there once',
  within: 120,
  async run(world) {
    const [phone, page] = await signedIn(world, 'L01')
    await installed(page)
    await settled(page)
    await world.down()
    for (const place of PLACES) {
      await openForm(page)
      await fillIn(page, place)
      // Two taps before anything can move.
      await page.getByRole('button', { name: '保存', exact: true }).evaluate((button) => { button.click(); button.click() })
      await home(page)
    }
    await until('every visit to be in the queue', async () => {
      const { outbox, drafts } = await ownDatabase(page)
      if (outbox.length === PLACES.length && drafts.length === 0) return true
      throw new Error(JSON.stringify({ outbox: outbox.length, drafts: drafts.length }))
    })
    const { outbox } = await ownDatabase(page)
    assert.equal(new Set(outbox.map(({ doc }) => doc)).size, PLACES.length, 'no visit twice')
    await world.up()
    await settled(page, 60_000)
    const ids = new Set(outbox.map(({ doc }) => doc))
    const stored = (await (await world.client('L01')).visits()).filter(({ id }) => ids.has(id))
    assert.equal(stored.length, PLACES.length, 'each is on the server')
    await phone.close()
  },
}
