/**
 * Who is signed in on this phone. Working needs no token: at a cold start without network the last user's database is
 * opened and everything works; only sending asks the server, and a 401 is a state (`access`), never a deletion.
 *
 * Screens use `useSession()`. A request of a page (set-up, import, accounts, server info) is `session.call(method, path, body)`.
 */
import { shallowReadonly, shallowRef, type ShallowRef } from 'vue'
import { adoptDevice } from '@/db/adopt'
import { randomToken } from '@/db/clock'
import { currentUser, type DeviceDatabase, enter, type KnownUser, leave } from '@/db/device'
import { deleteDatabase, openDatabase, type OpenOptions, type UserDatabase } from '@/db/schema'
import { type Unsent, unsentOf } from '@/db/unsent'
import type { Code, PasswordChange, Refresh, Session, SignIn, UserID } from '@/wire/generated'
import { asProblem, asSession, parseJSON } from '@/wire/guards'
import { newKeys, publicKey, sign } from './keys'
import { alone } from './locks'

/** What the server lets this person do now. Capture works in every case; sending only with `open`. */
export type Access =
  | 'open'
  /** The session has ended: sign in again as the same person. */
  | 'sign_in'
  /** This installation was cloned: sign in again, which makes it a device of its own. */
  | 'fork'
  /** A password of one's own is due before anything else. */
  | 'password_due'

export type SessionState =
  | { readonly at: 'starting' }
  | { readonly at: 'signed_out' }
  | { readonly at: 'signed_in', readonly user: UserID, readonly session: Session, readonly db: UserDatabase, readonly access: Access }
  /** A newer release of the app runs in another tab: reload. */
  | { readonly at: 'outdated' }
  /** The browser refuses to keep data (private mode, blocked storage). */
  | { readonly at: 'no_storage' }

/** An answer. unknown: no network, a time-out, or something that was not our server. `clockError` is phone − server, ms. */
export type Answer =
  | { readonly at: 'ok', readonly status: number, readonly body: unknown, readonly clockError: number }
  | { readonly at: 'problem', readonly status: number, readonly code: Code, readonly body: unknown, readonly retryAfter: number }
  | { readonly at: 'unknown' }

export type SignInResult =
  | { readonly at: 'ok' }
  /** The server said no: `credentials`, `too_many` (wait `retryAfter` seconds), … */
  | { readonly at: 'refused', readonly code: Code, readonly retryAfter: number }
  | { readonly at: 'offline' }

export interface SignOutResult { readonly at: 'done' | 'unsent', readonly unsent: Unsent }

export interface OtherUser { readonly user: UserID, readonly name: string, readonly unsent: Unsent }

/** What a session needs of the browser. */
export interface SessionHost {
  readonly device: DeviceDatabase
  readonly fetch: typeof fetch
  readonly now: () => number
  /** What the person will recognise in a list of devices. */
  readonly deviceName: () => string
  /** Tells other tabs that another person signed in, or out, or that this one may go on. */
  readonly announce: () => void
}

/** The browser's own fetch, which must be called without a receiver. */
export const browserFetch: typeof fetch = (input, init) => fetch(input, init)

/** How long a small request may take, ms. */
const patience = 20_000
/** How long a browser may take to open a database before the app says that it does not, ms. */
const opening = 10_000
/** An access token that ends within this time, ms, is renewed before it is used. */
const margin = 120_000

export interface SessionKeeper {
  readonly state: Readonly<ShallowRef<SessionState>>
  /** Opens the last user's database. Needs no network. Call once at start, and when another tab announces a change. */
  start(): Promise<void>
  signIn(username: string, password: string): Promise<SignInResult>
  /** Signs out, unless something here was not sent: then the answer is `unsent` and the person chooses. keep: it stays here for the next sign-in; discard: all data of this user goes for good. */
  signOut(choice?: 'keep' | 'discard'): Promise<SignOutResult>
  /** Makes sure of a fresh token. open: yes · sign_in: the server says no · offline: nobody knows. */
  refresh(force?: boolean): Promise<'open' | 'sign_in' | 'offline'>
  /** Notes what the server said about this person's access. */
  demand(access: Access): void
  changePassword(change: PasswordChange): Promise<SignInResult>
  /** A request to our server, with one renewal of the token if it asks for that. `path` begins with /api/v1/. */
  call(method: string, path: string, body?: unknown): Promise<Answer>
  /** People other than the current user whose unsent records lie on this phone: a name and counts, nothing else is read. */
  others(): Promise<OtherUser[]>
}

export function createSession(host: SessionHost): SessionKeeper {
  const state = shallowRef<SessionState>({ at: 'starting' })

  const openOptions: OpenOptions = { onOutdated: () => { state.value = { at: 'outdated' } } }

  async function open(known: KnownUser, access: Access): Promise<void> {
    const now = state.value
    const db = now.at === 'signed_in' && now.user === known.user ? now.db : await openDatabase(known.user, openOptions)
    await adoptDevice(db, known.device, host.now())
    // Whoever worked for the person before stops with the state, and then their database is let go.
    state.value = { at: 'signed_in', user: known.user, session: known.session, db, access: known.session.passwordDue && access === 'open' ? 'password_due' : access }
    if (now.at === 'signed_in' && now.db !== db) now.db.release()
  }

  function close(): void {
    const now = state.value
    state.value = { at: 'signed_out' }
    if (now.at === 'signed_in') now.db.release()
  }

  async function start(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    // Some browsers neither open a database nor refuse: better to say so than to stay blank. It goes on if it opens after all.
    const silent = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        if (state.value.at === 'starting') state.value = { at: 'no_storage' }
        resolve()
      }, opening)
    })
    await Promise.race([reopen(), silent])
    clearTimeout(timer)
    void tellSignOut()
  }

  async function reopen(): Promise<void> {
    try {
      const known = await currentUser(host.device)
      const now = state.value
      if (known === undefined) close()
      else if (now.at !== 'signed_in' || now.user !== known.user || now.session.device !== known.device) await open(known, 'open')
      else if (known.session.expiresAt > now.session.expiresAt || known.session.passwordDue !== now.session.passwordDue) await open(known, 'open')
    } catch (cause) {
      fail(cause)
    }
  }

  function fail(cause: unknown): void {
    state.value = { at: cause instanceof Error && cause.name === 'VersionError' ? 'outdated' : 'no_storage' }
  }

  async function request(method: string, path: string, body?: unknown): Promise<Answer> {
    const abort = new AbortController()
    const timer = setTimeout(() => { abort.abort() }, patience)
    try {
      const response = await host.fetch(path, {
        method, credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal: abort.signal,
        headers: { 'Zoufang': '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      if (response.headers.get('Zoufang') !== '1') return { at: 'unknown' }
      const answer = parseJSON(await response.text())
      if (response.ok) return { at: 'ok', status: response.status, body: answer, clockError: clockError(response) }
      const problem = asProblem(answer)
      if (problem === undefined) return { at: 'unknown' }
      return { at: 'problem', status: response.status, code: problem.code, body: answer, retryAfter: Number(response.headers.get('Retry-After')) || 0 }
    } catch {
      return { at: 'unknown' } // no network, a cut answer or the time-out: nobody knows what became of the request
    } finally {
      clearTimeout(timer)
    }
  }

  function clockError(response: Response): number {
    const date = Date.parse(response.headers.get('Date') ?? '')
    return Number.isNaN(date) ? 0 : host.now() - date
  }

  /** The session in an answer; its end as this phone's clock will show it, and no tokens. */
  function sessionIn(answer: Answer): Session | undefined {
    const session = answer.at === 'ok' ? asSession(answer.body) : undefined
    if (answer.at !== 'ok' || session === undefined) return undefined
    const { access: _a, refresh: _r, ...kept } = session
    return { ...kept, expiresAt: session.expiresAt + answer.clockError }
  }

  async function signIn(username: string, password: string): Promise<SignInResult> {
    return await alone('zoufang-session', async () => {
      const name = username.trim()
      const known = await host.device.users.where('username').equals(name).first()
      const now = state.value
      const forked = now.at === 'signed_in' && now.access === 'fork' && now.user === known?.user
      const keys = known === undefined || forked ? await newKeys() : known.keys
      const body: SignIn = {
        username: name, password, deviceName: host.deviceName().slice(0, 64), deviceKey: await publicKey(keys),
        ...(known !== undefined && !forked && { device: known.device, proof: await sign(keys, `zoufang/sign-in/v1\n${known.device}\n${name}`) }),
      }
      const answer = await request('POST', '/api/v1/sessions', body)
      if (answer.at === 'unknown') return { at: 'offline' }
      if (answer.at === 'problem') return { at: 'refused', code: answer.code, retryAfter: answer.retryAfter }
      const session = sessionIn(answer)
      if (session === undefined) return { at: 'offline' }
      const entered = { user: session.user, username: name, device: session.device, keys, session, nonce: '', usedAt: host.now() }
      try {
        await enter(host.device, entered)
        await open(entered, 'open')
      } catch (cause) {
        fail(cause)
        return { at: 'offline' } // the page for it is in the place of the form
      }
      host.announce()
      return { at: 'ok' }
    })
  }

  async function signOut(choice?: 'keep' | 'discard'): Promise<SignOutResult> {
    const now = state.value
    if (now.at !== 'signed_in') return { at: 'done', unsent: { visits: 0, photos: 0, drafts: 0 } }
    const unsent = await unsentOf(now.db)
    if (choice === undefined && unsent.visits + unsent.photos + unsent.drafts > 0) return { at: 'unsent', unsent }
    return await alone('zoufang-session', async () => {
      const answer = await request('DELETE', '/api/v1/sessions/current')
      await leave(host.device, now.user, answer.at === 'ok' || (answer.at === 'problem' && answer.status === 401))
      close()
      if (choice === 'discard') {
        await deleteDatabase(now.user)
        await host.device.users.delete(now.user)
      }
      host.announce()
      return { at: 'done', unsent }
    })
  }

  /** Ends on the server a session that was ended here while there was no network. */
  async function tellSignOut(): Promise<void> {
    const due = await host.device.facts.get('signOut').catch(() => undefined) // storage is blocked: there was no sign-in to end
    if (due === undefined) return
    await alone('zoufang-session', async () => {
      if (await currentUser(host.device) !== undefined) return
      const answer = await request('DELETE', '/api/v1/sessions/current')
      if (answer.at !== 'unknown') await host.device.facts.delete('signOut')
    })
  }

  async function refresh(force = false): Promise<'open' | 'sign_in' | 'offline'> {
    const before = state.value
    if (before.at !== 'signed_in') return 'sign_in'
    if (!force && before.session.expiresAt > host.now() + margin) return 'open'
    return await alone('zoufang-session', async () => {
      const known = await currentUser(host.device)
      // The cookie now is another person's: it must never be spent with this one's key.
      if (known?.user !== before.user) {
        await start()
        return 'sign_in'
      }
      // Another tab was faster.
      if (known.session.expiresAt > before.session.expiresAt && known.session.expiresAt > host.now()) {
        await open(known, 'open')
        return 'open'
      }
      const nonce = known.nonce === '' ? randomToken(24) : known.nonce
      await host.device.users.update(known.user, { nonce })
      const body: Refresh = { nonce, proof: await sign(known.keys, `zoufang/refresh/v1\n${nonce}`) }
      const answer = await request('POST', '/api/v1/sessions/refresh', body)
      const session = sessionIn(answer)
      if (session !== undefined && session.user === known.user) {
        await host.device.users.update(known.user, { nonce: '', session, device: session.device })
        await open({ ...known, session, device: session.device }, 'open')
        return 'open'
      }
      if (answer.at !== 'problem' || answer.status !== 401) return 'offline'
      await host.device.users.update(known.user, { nonce: '' })
      demand('sign_in')
      return 'sign_in'
    })
  }

  function demand(access: Access): void {
    const now = state.value
    if (now.at === 'signed_in' && now.access !== access) state.value = { ...now, access }
  }

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    if (state.value.at === 'signed_in') await refresh()
    const answer = await request(method, path, body)
    if (answer.at !== 'problem' || answer.code !== 'unauthenticated' || state.value.at !== 'signed_in') return answer
    return await refresh(true) === 'open' ? await request(method, path, body) : answer
  }

  async function changePassword(change: PasswordChange): Promise<SignInResult> {
    const answer = await call('POST', '/api/v1/me/password', change)
    if (answer.at === 'unknown') return { at: 'offline' }
    if (answer.at === 'problem') return { at: 'refused', code: answer.code, retryAfter: answer.retryAfter }
    const known = await currentUser(host.device)
    if (known !== undefined) {
      const session = { ...known.session, passwordDue: false }
      await host.device.users.update(known.user, { session })
      await open({ ...known, session }, 'open')
      host.announce()
    }
    return { at: 'ok' }
  }

  async function others(): Promise<OtherUser[]> {
    const now = state.value
    const found: OtherUser[] = []
    for (const known of await host.device.users.toArray()) {
      if (now.at === 'signed_in' && now.user === known.user) continue
      const db = await openDatabase(known.user)
      const unsent = await unsentOf(db).finally(() => { db.close() })
      if (unsent.visits + unsent.photos > 0) found.push({ user: known.user, name: known.session.name, unsent })
    }
    return found
  }

  return { state: shallowReadonly(state), start, signIn, signOut, refresh, demand, changePassword, call, others }
}
