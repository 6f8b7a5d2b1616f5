// A check that has never failed proves nothing: each of these breaks something on purpose and demands that its scenario fails.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { newID } from '../harness/client.mjs'
import { folderOf, play } from '../harness/runner.mjs'
import { ownDatabase } from '../harness/store.mjs'
import { cutUploads, loseAnswers } from './network.mjs'
import { faultsOf } from './looks.mjs'

/** The broken worlds. `E2E_BREAK=<name>` plays one openly, to see how it fails. */
export const broken = {
  doubled: {
    name: 'a visit that was pushed twice under another number',
    says: /one visit more on the server/,
    run: world => loseAnswers(Object.assign(world, { sabotage: pushAgain })),
  },
  restart: {
    name: 'uploads that start again from the first byte after a cut',
    says: /every byte arrived once/,
    async run(world) {
      // A server that forgets what it has of an upload as soon as it is asked.
      const owner = await world.client('L03')
      world.proxy.rule(async ({ method, path }) => {
        if (method === 'HEAD' && path.startsWith('/api/v1/uploads/')) await owner.ask('DELETE', path, undefined, { 'Tus-Resumable': '1.0.0' })
      })
      return cutUploads(world, 2, ({ headers }) => headers['upload-offset'] !== '0')
    },
  },
  foreign: {
    name: 'a page that leads to another host',
    says: /requests left our origin/,
    async run(world) {
      const page = await (await world.phone()).start('/')
      // Our content security policy lets nothing else out: fetch, pictures, scripts and frames all stay.
      await page.goto('http://example.invalid/').catch(() => undefined) // nobody is there
    },
  },
  unnamed: {
    name: 'a control without a name',
    says: /button-name/,
    async run(world) {
      const page = await (await world.phone()).start('/signin')
      await page.getByRole('button', { name: '登录', exact: true }).waitFor()
      await page.evaluate(() => document.querySelector('main').append(document.createElement('button')))
      const faults = await faultsOf(page)
      if (faults.length > 0) throw new Error(faults.join('\n'))
    },
  },
}

export const checksFail = {
  name: 'the checks themselves notice what they are there for',
  within: 240,
  async run() {
    for (const [word, scenario] of Object.entries(broken)) {
      const error = await play(scenario, `broken-${word}`).then(() => undefined, reason => reason)
      assert.ok(error !== undefined, `nobody noticed ${scenario.name}`)
      assert.match(String(error.message), scenario.says, `${scenario.name} failed for another reason`)
      rmSync(folderOf(`broken-${word}`), { recursive: true, force: true })
    }
    return `      noticed: ${Object.values(broken).map(({ name }) => name).join('; ')}`
  },
}

/** What a server would let in that does not know a mutation again: the phone's last visit, once more. */
async function pushAgain(page) {
  const { sent, meta } = await ownDatabase(page)
  const device = meta.find(({ key }) => key === 'device')
  const last = JSON.parse(sent.at(-1).bytes)
  const { epoch } = meta.find(({ key }) => key === 'pull')
  const body = JSON.stringify({ device: device.id, schema: 1, epoch, acked: device.next - 1, push: [{ ...last, seq: device.next, doc: newID() }] })
  const status = await page.evaluate(async body => (await fetch('/api/v1/sync', { method: 'POST', headers: { 'Zoufang': '1', 'Content-Type': 'application/json' }, body })).status, body)
  assert.equal(status, 200)
}
