import Dexie from 'dexie'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { currentUser, DeviceDatabase } from '@/db/device'
import { readMeta } from '@/db/meta'
import { saveVisit } from '@/db/save'
import { newID } from '@/db/id'
import { aVisit } from '@/test/phone'
import { ModelServer } from '@/test/server'
import type { UserID } from '@/wire/generated'
import { createSession, type SessionKeeper } from './session'

let server: ModelServer
let device: DeviceDatabase
let opened: SessionKeeper[]
let announced = 0

beforeEach(async () => {
  for (const name of await Dexie.getDatabaseNames()) await Dexie.delete(name)
  server = new ModelServer()
  device = new DeviceDatabase()
  opened = []
})

afterEach(() => {
  for (const session of opened) if (session.state.value.at === 'signed_in') session.state.value.db.close()
  device.close()
})

/** A tab, or the app after a restart: only the databases are the same. */
function tab(): SessionKeeper {
  const session = createSession({ device, fetch: server.fetch, now: () => server.now, deviceName: () => 'Test', announce: () => { announced++ } })
  opened.push(session)
  return session
}

function databaseOf(session: SessionKeeper) {
  const { value } = session.state
  if (value.at !== 'signed_in') throw new Error(`not signed in: ${value.at}`)
  return value.db
}

const someoneElse = '01980000-0000-7000-8000-00000000000b' as UserID

describe('signing in', () => {
  test('opens the database of that person and keeps no token and no private key in the clear', async () => {
    const session = tab()
    expect(await session.signIn(' zhang ', 'secret')).toEqual({ at: 'ok' })
    const known = await currentUser(device)
    expect(known).toMatchObject({ user: server.user, username: 'zhang', device: server.device })
    expect(known?.keys.privateKey.extractable).toBe(false)
    expect(await readMeta(databaseOf(session), 'device')).toMatchObject({ id: server.device, next: 1 })
  })

  test('says what the server says, and says offline for everything else', async () => {
    server.faults = ['before', 'portal']
    expect(await tab().signIn('zhang', 'x')).toEqual({ at: 'offline' })
    expect(await tab().signIn('zhang', 'x')).toEqual({ at: 'offline' })
  })

  test('again on the same phone continues the same device', async () => {
    const session = tab()
    await session.signIn('zhang', 'secret')
    const before = server.device
    await session.signOut('keep')
    await session.signIn('zhang', 'secret')
    expect(server.device).toBe(before)
  })

  test('of another person neither shows nor touches the first one\'s records', async () => {
    const session = tab()
    await session.signIn('zhang', 'secret')
    await saveVisit(databaseOf(session), newID(), aVisit('热水'))
    const first = server.user
    server.user = someoneElse
    await session.signIn('li', 'secret')
    expect(databaseOf(session).user).toBe(someoneElse)
    expect(await databaseOf(session).outbox.count()).toBe(0)
    expect(await session.others()).toEqual([{ user: first, name: '张老师', unsent: { visits: 1, photos: 0, drafts: 0 } }])
  })
})

describe('a phone that keeps nothing', () => {
  test('is told so after signing in; the form does not wait for ever', async () => {
    const session = tab()
    vi.spyOn(device.users, 'put').mockRejectedValue(new DOMException('could not be cloned', 'DataCloneError'))
    expect(await session.signIn('zhang', 'secret')).toEqual({ at: 'offline' })
    expect(session.state.value).toEqual({ at: 'no_storage' })
  })
})

describe('a password of one\'s own', () => {
  test('chosen in one tab opens the others', async () => {
    const one = tab()
    server.passwordDue = true
    await one.signIn('zhang', 'secret')
    const other = tab()
    await other.start()
    expect(other.state.value).toMatchObject({ access: 'password_due' })
    announced = 0
    await one.changePassword({ old: 'secret', new: 'another secret' })
    expect(announced).toBe(1)
    await other.start()
    expect(other.state.value).toMatchObject({ access: 'open' })
  })
})

describe('starting', () => {
  test('without network opens the last person\'s records', async () => {
    const before = tab()
    await before.signIn('zhang', 'secret')
    await saveVisit(databaseOf(before), newID(), aVisit('热水'))
    databaseOf(before).close()
    server.alive = false
    const session = tab()
    await session.start()
    expect(session.state.value).toMatchObject({ at: 'signed_in', access: 'open' })
    expect(await databaseOf(session).outbox.count()).toBe(1)
  })

  test('where the browser never answers says so, and goes on when it does after all', async () => {
    const before = tab()
    await before.signIn('zhang', 'secret')
    databaseOf(before).close()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let answer: () => void = () => undefined
    const asked = new Promise<void>((resolve) => { answer = resolve })
    vi.spyOn(device.facts, 'get').mockImplementation((async () => {
      await asked
      return { key: 'current', user: server.user }
    }) as never)
    const session = tab()
    const started = session.start()
    await vi.advanceTimersByTimeAsync(10_000)
    await started
    expect(session.state.value).toEqual({ at: 'no_storage' })
    vi.useRealTimers()
    answer()
    await vi.waitFor(() => { expect(session.state.value.at).toBe('signed_in') })
  })

  test('on a new phone is signed out', async () => {
    const session = tab()
    await session.start()
    expect(session.state.value).toEqual({ at: 'signed_out' })
  })
})

describe('renewing', () => {
  test('whose answer was lost is tried again with the same nonce, also after a restart', async () => {
    const session = tab()
    await session.signIn('zhang', 'secret')
    server.now += 3_600_000
    server.faults = ['after', 'after']
    expect(await session.refresh()).toBe('offline')
    const later = tab()
    await later.start()
    expect(await later.refresh()).toBe('offline')
    expect(await later.refresh()).toBe('open')
    expect(new Set(server.refreshes).size).toBe(1)
    server.now += 3_600_000
    expect(await later.refresh()).toBe('open')
    expect(new Set(server.refreshes).size).toBe(2)
  })

  test('that is refused is a state, and deletes nothing', async () => {
    const session = tab()
    await session.signIn('zhang', 'secret')
    await saveVisit(databaseOf(session), newID(), aVisit('热水'))
    server.signedIn = false
    server.now += 3_600_000
    expect(await session.refresh()).toBe('sign_in')
    expect(session.state.value).toMatchObject({ at: 'signed_in', access: 'sign_in' })
    expect(await databaseOf(session).outbox.count()).toBe(1)
  })

  test('never spends another person\'s cookie', async () => {
    const mine = tab()
    await mine.signIn('zhang', 'secret')
    server.user = someoneElse
    await tab().signIn('li', 'secret')
    server.now += 3_600_000
    expect(await mine.refresh()).toBe('sign_in')
    expect(server.refreshes).toEqual([])
    expect(mine.state.value).toMatchObject({ at: 'signed_in', user: someoneElse })
  })
})

describe('signing out', () => {
  test('with unsent records asks first', async () => {
    const session = tab()
    await session.signIn('zhang', 'secret')
    await saveVisit(databaseOf(session), newID(), aVisit('热水'))
    expect(await session.signOut()).toEqual({ at: 'unsent', unsent: { visits: 1, photos: 0, drafts: 0 } })
    expect(session.state.value.at).toBe('signed_in')
  })

  test('keeping them keeps them for the next sign-in', async () => {
    const session = tab()
    await session.signIn('zhang', 'secret')
    await saveVisit(databaseOf(session), newID(), aVisit('热水'))
    server.alive = false
    await session.signOut('keep')
    expect(session.state.value).toEqual({ at: 'signed_out' })
    expect(await device.facts.get('signOut')).toBeDefined()
    server.alive = true
    await session.signIn('zhang', 'secret')
    expect(await databaseOf(session).outbox.count()).toBe(1)
  })

  test('discarding them removes all of that person from the phone', async () => {
    const session = tab()
    await session.signIn('zhang', 'secret')
    await saveVisit(databaseOf(session), newID(), aVisit('热水'))
    await session.signOut('discard')
    expect(await Dexie.exists(`zoufang-${server.user}`)).toBe(false)
    expect(await device.users.count()).toBe(0)
  })
})
