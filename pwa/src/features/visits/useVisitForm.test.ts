import Dexie from 'dexie'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { effectScope, type EffectScope, nextTick, watch } from 'vue'
import { session } from '@/auth/useSession'
import { newID } from '@/db/id'
import { UserDatabase } from '@/db/schema'
import { ModelServer } from '@/test/server'
import type { UserID } from '@/wire/generated'
import { docID } from '@/wire/guards'
import { useVisitForm, type VisitFormKeeper } from './useVisitForm'

let server: ModelServer
let scope: EffectScope
const someoneElse = '01980000-0000-7000-8000-00000000000b' as UserID

beforeEach(async () => {
  for (const name of await Dexie.getDatabaseNames()) await Dexie.delete(name)
  server = new ModelServer()
  scope = effectScope()
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('navigator', { userAgent: '' })
  vi.stubGlobal('fetch', server.fetch)
  await session.signIn('zhang', 'secret')
})

afterEach(async () => {
  scope.stop()
  await session.signOut('discard')
  vi.unstubAllGlobals()
})

async function openForm(): Promise<VisitFormKeeper> {
  const keeper = scope.run(() => useVisitForm(newID(), 'new'))
  if (keeper === undefined) throw new Error('no form')
  await opened(keeper)
  return keeper
}

async function opened({ phase }: VisitFormKeeper): Promise<void> {
  await new Promise<void>((resolve) => {
    watch(phase, (now) => { if (now === 'open') resolve() }, { immediate: true })
  })
}

describe('when another person signs in while a form is open in this tab', () => {
  test('nothing of it is written into the records of the newcomer', async () => {
    const keeper = await openForm()
    keeper.change({ summary: '热水' })
    await keeper.flush()
    keeper.change({ summary: '热水问题' })
    server.user = someoneElse
    server.device = 'phone-2'
    await session.signIn('li', 'secret')
    await nextTick()
    await keeper.flush()
    await expect(keeper.inTurn(db => Promise.resolve(db.user))).rejects.toMatchObject({ fault: 'outdated' })
    const theirs = new UserDatabase(someoneElse)
    expect(await theirs.drafts.count()).toBe(0)
    theirs.close()
    const first = new UserDatabase('01980000-0000-7000-8000-00000000000a' as UserID)
    expect(await first.drafts.count()).toBe(1)
    await first.delete()
  })
})

test('pressing save twice saves a correction once', async () => {
  const keeper = await openForm()
  const where = { place: docID(''), name: '梧桐苑5栋', venue: 'dorm' as const }
  keeper.change({ where, form: 'visit', group: 'dorm', talked: 9 })
  expect(await Promise.all([keeper.save([]), keeper.save([])])).toEqual([{ at: 'saved' }, { at: 'saved' }])
  const { value } = session.state
  if (value.at !== 'signed_in') throw new Error('not signed in')
  const [row] = await value.db.outbox.toArray()
  if (row === undefined) throw new Error('nothing saved')
  const correction = scope.run(() => useVisitForm(row.doc, 'edit'))
  if (correction === undefined) throw new Error('no form')
  await opened(correction)
  correction.change({ talked: 12 })
  await Promise.all([correction.save([]), correction.save([])])
  await correction.flush()
  expect(await value.db.outbox.count()).toBe(2)
  expect(await value.db.drafts.count()).toBe(0)
})
