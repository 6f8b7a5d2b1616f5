// The real binary on a data folder and a port of its own: started, stopped, killed, started again.
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { until } from './wait.mjs'

export const BINARY = process.env.ZOUFANG_BIN ?? new URL('../../../bin/zoufang', import.meta.url).pathname

/**
 * @param {{ data: string, port: number, log: string, env?: Record<string, string> }} options `log` is the file that keeps what it says.
 */
export function createServer({ data, port, log, env = {} }) {
  let child
  let said = ''
  const file = createWriteStream(log, { flags: 'a' })

  return {
    port,
    /** Starts it and waits until it answers. Returns what it printed for people: logins, the set-up code. */
    async start(more = {}) {
      said = ''
      const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZOUFANG_')))
      child = spawn(BINARY, [], {
        env: { ...own, ZOUFANG_DATA: data, ZOUFANG_ADDR: `127.0.0.1:${port}`, ...env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const started = child
      process.once('exit', endNow)
      child.once('exit', () => process.removeListener('exit', endNow))
      child.stdout.on('data', (bytes) => { said += bytes; file.write(bytes) })
      child.stderr.on('data', bytes => file.write(bytes))
      await until('the server to be ready', async () => {
        if (started.exitCode !== null) throw new Error(`the server ended with code ${started.exitCode}; see ${log}`)
        return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok
      })
      return said
    },
    /** Asks it to stop and waits until it has. */
    stop: () => end('SIGTERM'),
    /** Power cut: it gets no chance to finish anything. */
    kill: () => end('SIGKILL'),
    async close() {
      await end('SIGTERM')
      file.end()
    },
  }

  function endNow() {
    child.kill('SIGKILL')
  }

  async function end(signal) {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }
}

/** The demo's logins in what it printed: user name → password and name. */
export function loginsIn(said) {
  const logins = {}
  for (const line of said.split('\n')) {
    const match = /^(\S+)\s+(\S{4}-\S{4}-\S{4})\s+(.+)$/.exec(line)
    if (match) logins[match[1]] = { username: match[1], password: match[2], name: match[3].trim() }
  }
  return logins
}
