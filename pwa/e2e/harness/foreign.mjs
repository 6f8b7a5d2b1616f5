// Stands where the rest of the internet would be: the browser is told that this is its proxy for everything but our own origin.
// Whatever arrives here wanted to leave, from a page, a worker or a service worker alike.
import net from 'node:net'

/** What the browser asks for on its own account, whatever it is told: no page can make it do so. What pages and workers ask for is also seen by phone.mjs, for these hosts too. */
const browsersOwn = /^\S+ (http:\/\/)?(accounts\.google\.com|clients2\.google\.com|update\.googleapis\.com|passwordsleakcheck-pa\.googleapis\.com|optimizationguide-pa\.googleapis\.com|safebrowsing\.googleapis\.com|redirector\.gvt1\.com|edgedl\.me\.gvt1\.com)[:/]/

export async function createForeign() {
  /** @type {string[]} first lines of what was asked for */
  const requests = []
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (bytes) => {
      const [line = ''] = bytes.toString('latin1').split('\r\n')
      if (!browsersOwn.test(line)) requests.push(line)
      socket.end('HTTP/1.1 502 Nothing Leaves\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    })
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    requests,
    close: () => new Promise(resolve => server.close(resolve)),
  }
}
