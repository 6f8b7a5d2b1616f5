// A proxy in front of the server that does what networks do: cuts a connection at byte n of a request or of an answer, swallows
// the answer of a request that was carried out, delays, refuses, answers 503. It keeps a log of everything that came by.
import http from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * @typedef {object} Entry one request. Bytes are of the body; `announced` is what the client meant to send.
 * @property {string} method @property {string} path @property {number} announced @property {number} received
 * @property {number} [status] @property {string} [fault] @property {Buffer} [body] @property {Record<string, string>} headers
 *
 * What a fault does to a request; the first that applies, in this order:
 * @typedef {object} Fault
 * @property {number} [delay] ms before anything happens
 * @property {{ status: number, headers?: Record<string, string>, body?: string }} [answer] the server is not asked
 * @property {number} [cutRequest] the connection dies after this many bytes of the request's body
 * @property {number} [cutAnswer] the server has done its work; the connection dies after this many bytes of the answer's body, 0 = before its head
 * @property {(entry: Entry) => void} [after] called with what happened
 */

/**
 * @param {number} target port of the server
 * @param {number} port the proxy's own, on 127.0.0.1
 */
export async function createProxy(target, port) {
  /** @type {Entry[]} */
  const log = []
  /** @type {((entry: Entry) => Fault | undefined | void | Promise<Fault | undefined | void>)[]} */
  let rules = []
  const sockets = new Set()
  /** Those with a request on them. */
  const busy = new Set()
  let server = await listen()

  async function listen() {
    const made = http.createServer({ keepAliveTimeout: 60_000 }, (request, answer) => { void handle(request, answer) })
    made.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined) // a cut is what we are here for
      socket.once('close', () => sockets.delete(socket))
    })
    await new Promise((resolve, reject) => made.once('error', reject).listen(port, '127.0.0.1', resolve))
    return made
  }

  async function handle(request, answer) {
    const entry = {
      method: request.method ?? '', path: request.url ?? '', headers: request.headers, at: Date.now(),
      announced: Number(request.headers['content-length'] ?? 0), received: 0,
    }
    log.push(entry)
    busy.add(request.socket)
    answer.once('close', () => busy.delete(request.socket))
    const fault = await faultOf(entry)
    if (Object.keys(fault).length > 0) entry.fault = Object.keys(fault).join('+')
    if (fault.delay) await pause(fault.delay)
    if (fault.answer) return shortcut(request, answer, entry, fault)
    forward(request, answer, entry, fault)
  }

  async function faultOf(entry) {
    for (const rule of rules) {
      const fault = await rule(entry)
      if (fault) return fault
    }
    return {}
  }

  function shortcut(request, answer, entry, fault) {
    request.resume()
    entry.status = fault.answer.status
    answer.writeHead(fault.answer.status, { 'Content-Length': Buffer.byteLength(fault.answer.body ?? ''), ...fault.answer.headers }).end(fault.answer.body)
    fault.after?.(entry)
  }

  function forward(request, answer, entry, fault) {
    const cut = () => {
      request.socket.destroy()
      // The connections in reserve break as well, or the browser would quietly try again on each of them.
      for (const socket of sockets) if (!busy.has(socket)) socket.destroy()
      upstream.destroy()
      fault.after?.(entry)
    }
    const upstream = http.request({ host: '127.0.0.1', port: target, method: request.method, path: request.url, headers: request.headers, agent: false }, (response) => {
      entry.status = response.statusCode
      if (fault.cutAnswer === 0) return cut()
      answer.writeHead(response.statusCode, response.headers)
      let sent = 0
      response.on('data', (bytes) => {
        if (fault.cutAnswer !== undefined && sent + bytes.length >= fault.cutAnswer) {
          answer.write(bytes.subarray(0, fault.cutAnswer - sent), cut)
          response.removeAllListeners('data').pause()
          return
        }
        sent += bytes.length
        answer.write(bytes)
      })
      response.on('end', () => {
        answer.end()
        fault.after?.(entry)
      })
      response.on('error', () => request.socket.destroy())
    })
    // The server is down or went down: for the phone that is a connection that breaks.
    upstream.on('error', () => request.socket.destroy())
    const keeps = entry.path === '/api/v1/sync'
    const kept = []
    request.on('data', (bytes) => {
      const left = fault.cutRequest === undefined ? bytes.length : fault.cutRequest - entry.received
      entry.received += Math.min(bytes.length, Math.max(0, left))
      if (keeps) kept.push(bytes)
      if (bytes.length < left || fault.cutRequest === undefined) {
        upstream.write(bytes)
        return
      }
      request.removeAllListeners('data').removeAllListeners('end').pause()
      upstream.write(bytes.subarray(0, Math.max(0, left)), cut)
    })
    request.on('end', () => {
      if (keeps) entry.body = Buffer.concat(kept)
      upstream.end()
    })
    request.on('error', () => upstream.destroy())
  }

  return {
    port,
    origin: `http://localhost:${port}`,
    log,
    /** Applies `rule` to every request from now on, before older rules; it returns the fault or nothing. */
    rule(rule) {
      rules = [rule, ...rules]
      return () => { rules = rules.filter(other => other !== rule) }
    },
    /** Every cable is in again. */
    heal() {
      rules = []
    },
    /** No connection is possible any more, and those there are break. */
    async down() {
      const closed = new Promise(resolve => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    async up() {
      if (!server.listening) server = await listen()
    },
    async close() {
      if (server.listening) await this.down()
    },
  }
}
