// An API client of its own, with bearer tokens and no cookies: tells what the server holds, without asking the phone.
import { randomUUID } from 'node:crypto'

/** @param {string} base such as http://127.0.0.1:1234, the server itself and not the proxy */
export async function createClient(base, { username, password }) {
  let session
  let seq = 0
  const signIn = await ask('POST', '/api/v1/sessions', { username, password, deviceName: 'e2e', bearer: true })
  if (signIn.status !== 201) throw new Error(`client cannot sign in: ${signIn.status} ${JSON.stringify(signIn.body)}`)
  session = signIn.body

  async function ask(method, path, body, headers = {}) {
    const response = await fetch(base + path, {
      method,
      headers: { 'Zoufang': '1', ...(session !== undefined && { Authorization: `Bearer ${session.access}` }), ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const isJSON = /json/.test(response.headers.get('Content-Type') ?? '')
    return { status: response.status, headers: response.headers, bytes, body: isJSON ? JSON.parse(bytes.toString()) : undefined }
  }

  const sync = async (push = [], pull) => {
    const answer = await ask('POST', '/api/v1/sync', { device: session.device, schema: 1, epoch: client.epoch, acked: seq, push, ...(pull && { pull }) })
    if (answer.status !== 200) throw new Error(`sync: ${answer.status} ${JSON.stringify(answer.body)}`)
    client.epoch = answer.body.epoch
    return answer.body
  }

  const client = {
    session, ask, epoch: '',
    /** All documents this user may see, pulled from the start. */
    async documents() {
      const all = []
      for (let cursor = '', more = true; more;) {
        const page = await sync([], { cursor, limit: 500 })
        all.push(...page.documents)
        ;({ cursor, more } = page)
      }
      return all
    },
    async visits() {
      return (await client.documents()).filter(({ kind, deleted }) => kind === 'visit' && !deleted)
    },
    /** Sends mutations, numbered here. Returns the results. */
    async push(...mutations) {
      if (client.epoch === '') await sync()
      const numbered = mutations.map(mutation => ({ device: session.device, seq: ++seq, schema: 1, app: 'e2e', at: Date.now(), ...mutation }))
      return (await sync(numbered)).results
    },
  }
  return client
}

/** A UUID of version 7. */
export function newID(now = Date.now()) {
  const time = now.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
