// What a scenario happens in: a data folder, the server, the network in front of it and the phones, all of its own.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from './client.mjs'
import { createPhone } from './phone.mjs'
import { createProxy } from './proxy.mjs'
import { createServer, loginsIn } from './server.mjs'

let template

/** The demo school, seeded once and copied for each world. */
async function demo() {
  if (template !== undefined) return template
  const data = mkdtempSync(join(tmpdir(), 'zoufang-e2e-demo-'))
  process.once('exit', () => rmSync(data, { recursive: true, force: true }))
  const server = createServer({ data, port: await freePort(), log: join(data, 'seed.log'), env: { ZOUFANG_DEMO: '1' } })
  const logins = loginsIn(await server.start())
  await server.close()
  template = { data, logins }
  return template
}

/** A port nobody listens on at this moment. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

/**
 * @param {{ kept: string, empty?: boolean, pwa?: string, break?: string }} options `kept` is the folder for logs and pictures of
 * what failed; `empty`: a production server without a school; `pwa`: a folder with another build; `break`: see scenarios/self.mjs.
 */
export async function createWorld(options) {
  const root = mkdtempSync(join(tmpdir(), 'zoufang-e2e-'))
  const clean = () => rmSync(root, { recursive: true, force: true })
  process.once('exit', clean)
  const data = join(root, 'data')
  mkdirSync(options.kept, { recursive: true })
  const { logins } = options.empty ? { logins: {} } : await demo()
  if (!options.empty) cpSync(template.data, data, { recursive: true })
  const server = createServer({
    data, port: await freePort(), log: join(options.kept, 'server.log'),
    env: { ...(!options.empty && { ZOUFANG_DEMO: '1' }), ...(options.pwa && { ZOUFANG_PWA_DIR: options.pwa }) },
  })
  const said = await server.start()
  const proxy = await createProxy(server.port, await freePort())
  const phones = []

  const world = {
    data, server, proxy, logins, said, origin: proxy.origin, root, pwa: options.pwa, breaks: options.break ?? '',
    /** A new phone, or the one whose `profile` is given. */
    async phone(more = {}) {
      const phone = await createPhone({ profile: join(root, `phone-${phones.length}`), origin: proxy.origin, ...more })
      phones.push(phone)
      return phone
    },
    /** An API client for a user of the demo, not through the proxy. */
    client: username => createClient(`http://127.0.0.1:${server.port}`, logins[username]),
    /** No server any more: it is stopped and nothing listens. */
    async down() {
      await proxy.down()
      await server.stop()
    },
    async up() {
      await server.start()
      await proxy.up()
    },
    /** The stored photos, by the hash in their name. */
    storedPhotos() {
      const found = new Map()
      const walk = (folder) => {
        for (const entry of readdirSync(folder, { withFileTypes: true })) {
          const path = join(folder, entry.name)
          if (entry.isDirectory()) walk(path)
          else found.set(entry.name, readFileSync(path))
        }
      }
      walk(join(data, 'photos', 'sha256'))
      return found
    },
    /** What left our origin, in any phone, by any means. */
    strangers: () => phones.flatMap(({ strangers, foreign }) => [...strangers, ...foreign.requests]),
    errors: () => phones.flatMap(({ errors }) => errors),
    /** Keeps a picture of every open page. */
    async pictures() {
      for (const [i, phone] of phones.entries()) {
        for (const [n, page] of (phone.isOpen ? phone.context.pages() : []).entries()) {
          await page.screenshot({ path: join(options.kept, `phone-${i}-${n}.png`), timeout: 5_000 }).catch(() => undefined) // a page that hangs has no picture
        }
      }
    },
    async dispose() {
      await Promise.all(phones.map(phone => phone.dispose()))
      await proxy.close()
      await server.close()
      clean()
      process.removeListener('exit', clean)
    },
  }
  return world
}
