import { readMeta } from './meta'
import type { UserDatabase } from './schema'
import type { Anchor } from '@/wire/generated'

/** The clocks of this phone. Tests hand in their own. */
export interface Clock {
  /** Wall clock, Unix ms; may be wrong and may jump. */
  now(): number
  /** Milliseconds since this page was loaded; never jumps. */
  monotonic(): number
  /** Random per page load: `monotonic` only counts within one. */
  readonly boot: string
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Math.round(performance.now()),
  boot: randomToken(9),
}

/** Remembers what time the server said it was. Call it once for every answer of ours. */
export async function noteServerTime(db: UserDatabase, server: number, clock: Clock): Promise<void> {
  await db.meta.put({ key: 'clock', server, mono: clock.monotonic(), boot: clock.boot, offset: server - clock.now() })
}

/** Ties an edit made now to the last server time seen; undefined before the first contact. After a reload `since` counts from the load. */
export async function anchorNow(db: UserDatabase, clock: Clock): Promise<Anchor | undefined> {
  const last = await readMeta(db, 'clock')
  if (last === undefined) return undefined
  const since = last.boot === clock.boot ? clock.monotonic() - last.mono : clock.monotonic()
  return { server: last.server, since: Math.max(0, since), boot: clock.boot, offset: last.offset }
}

/** Returns `bytes` random bytes as base64url. */
export function randomToken(bytes: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)))
}

export function base64url(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
