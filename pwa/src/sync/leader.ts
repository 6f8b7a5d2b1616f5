/**
 * One tab sends at a time. The guarantee that nothing is doubled is the server's and the local transactions'; this only
 * saves the network. So a tab that froze while leading may be overruled: a missed heartbeat is enough.
 */
import { webLocks } from '@/auth/locks'
import { readMeta } from '@/db/meta'
import type { UserDatabase } from '@/db/schema'

/** A leading tab writes its heartbeat this often, ms; silent for longer than `dead`, it leads no more. */
const beat = 5_000
const dead = 20_000

/**
 * Runs `work` if no other living tab is at it. Returns false if one is. The signal aborts when this tab was overruled.
 * Rejects with what `work` rejects with.
 */
export async function lead(db: UserDatabase, tab: string, now: () => number, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const locks = webLocks()
  const abort = new AbortController()
  const run = async (): Promise<boolean> => {
    const timer = setInterval(() => {
      heartbeat(db, tab, now()).catch(() => { abort.abort() }) // the database is gone: so is this tab's work
    }, beat)
    try {
      await work(abort.signal)
      return true
    } finally {
      clearInterval(timer)
      await rest(db, tab)
    }
  }
  if (locks === undefined) return await claim(db, tab, now()) ? await run() : false
  const name = `zoufang-sync-${db.user}`
  try {
    const led = async () => {
      await heartbeat(db, tab, now())
      return await run()
    }
    for (const look of ['first', 'second']) {
      const answered = await locks.request(name, { ifAvailable: true }, async lock => (lock === null ? undefined : await led()))
      if (answered !== undefined) return answered
      if (await isLed(db, tab, now())) return false
      // It may only just have begun: a tab that is silent for another beat is frozen.
      if (look === 'first') await new Promise((resolve) => { setTimeout(resolve, beat) })
    }
    return await locks.request(name, { steal: true }, led)
  } catch (cause) {
    if (!(cause instanceof DOMException && cause.name === 'AbortError')) throw cause
    abort.abort() // another tab took over
    return false
  }
}

/** Says whether another tab gave a sign of life lately. A clock that was set back counts as no sign. */
async function isLed(db: UserDatabase, tab: string, now: number): Promise<boolean> {
  const lease = await readMeta(db, 'lease')
  return lease !== undefined && lease.owner !== tab && Math.abs(now - lease.at) < dead
}

/** Takes the lead where there are no locks: by the lease alone. */
async function claim(db: UserDatabase, tab: string, now: number): Promise<boolean> {
  return await db.transaction('rw', [db.meta], async () => {
    if (await isLed(db, tab, now)) return false
    await heartbeat(db, tab, now)
    return true
  })
}

async function heartbeat(db: UserDatabase, tab: string, now: number): Promise<void> {
  await db.meta.put({ key: 'lease', owner: tab, at: now })
}

async function rest(db: UserDatabase, tab: string): Promise<void> {
  await db.transaction('rw', [db.meta], async () => {
    if ((await readMeta(db, 'lease'))?.owner === tab) await db.meta.delete('lease')
  }).catch(() => undefined) // closed meanwhile: the lease runs out by itself
}
