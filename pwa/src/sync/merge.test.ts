import { describe, expect, test } from 'vitest'
import { vectors } from '@/test/vectors'
import { type Document, type Mutation, Schema, type UserID } from '@/wire/generated'
import { change, editedAt } from './merge'
import { rebase } from './rebase'
import { kinds } from './rules'
import { type State, stateOf } from './state'

interface PushCase {
  name: string
  document: Document | null
  principal: { user: UserID, proxyFor: UserID[], admin: boolean, revoked: boolean }
  holdings: [string, string][]
  heldCreations: string[]
  mutations: Mutation[]
  now: number
  want: { results: { seq: number, outcome: string, code?: string }[], document: Document | null }
}

interface RebaseCase {
  name: string
  document: Document | null
  user: UserID
  pending: Mutation[]
  now: number
  want: { document: Document | null, blocked: number[] }
}

/** Carries out a push the way the server does, as far as merging goes. */
function push(c: PushCase): { outcomes: unknown[], document: State | null } {
  let document = c.document === null ? null : stateOf(c.document)
  const outcomes = c.mutations.map((mutation) => {
    const { kind = 'visit', doc } = mutation
    const rules = kinds[kind]
    if (rules === undefined || doc === undefined) return { seq: mutation.seq, outcome: 'other' }
    const time = new Date(c.now).toISOString()
    const next: State = document === null
      ? { kind, id: doc, schema: Schema, rev: 0, fields: {}, marks: {}, applied: {}, conflicts: [], deleted: false, createdAt: time, updatedAt: time }
      : stateOf(document)
    const call = {
      user: c.principal.user, proxyFor: c.principal.proxyFor, mutation, received: c.now, edited: editedAt(mutation, next, c.now), merged: false,
      holds: (user: unknown, hash: unknown) => c.holdings.some(([u, h]) => u === user && h === hash),
    }
    const stopped = change(rules, next, call)
    if (stopped !== undefined) return { seq: mutation.seq, outcome: stopped.verdict, code: stopped.code }
    document = { ...next, rev: next.rev + 1, updatedAt: time }
    return { seq: mutation.seq, outcome: call.merged ? 'merged' : 'applied' }
  })
  return { outcomes, document }
}

describe('merge does what the server does (I7)', () => {
  test.each(vectors<PushCase>('merge').map(c => [c.name, c] as const))('%s', (_name, c) => {
    const got = push(c)
    expect(got.outcomes).toEqual(c.want.results.map(({ seq, outcome, code }) => ({ seq, outcome, ...(code !== undefined && { code }) })))
    expect({ ...got.document, applied: null }).toEqual({ ...c.want.document, applied: null })
  })
})

/** Codes of what only the server can judge: who may reach what, which device is in good standing, what its journal holds. */
const servers = new Set(['no_document', 'waits', 'unknown_kind', 'unknown_schema', 'revoked_device', 'opaque'])

function isPhones({ mutations, want }: PushCase): boolean {
  return want.results.every(({ code = '' }) => !servers.has(code))
    && mutations.every(({ kind, set, append, command }) => kind !== undefined && kinds[kind] !== undefined && (set ?? append ?? command) !== undefined)
}

describe('the phone judges what it saves as the server will (I7)', () => {
  const cases = vectors<PushCase>('apply').filter(isPhones)

  test('nearly all cases are the phone\'s too', () => {
    expect(cases.length).toBeGreaterThan(40)
  })

  test.each(cases.map(c => [c.name, c] as const))('%s', (_name, c) => {
    const got = push(c)
    expect(got.outcomes).toEqual(c.want.results.map(({ seq, outcome, code }) => ({ seq, outcome, ...(code !== undefined && { code }) })))
    expect({ ...got.document, applied: null }).toEqual({ ...c.want.document, applied: null })
  })
})

describe('the screen shows what the server will have (I7)', () => {
  test.each(vectors<RebaseCase>('rebase').map(c => [c.name, c] as const))('%s', (_name, c) => {
    const { shown, blocked } = rebase(c.document ?? undefined, c.user, c.pending, c.now)
    expect({ document: shown ?? null, blocked }).toEqual(c.want)
  })

  test('rebasing changes none of its arguments', () => {
    for (const c of vectors<RebaseCase>('rebase')) {
      const before = structuredClone(c)
      rebase(c.document ?? undefined, c.user, c.pending, c.now)
      expect(c).toEqual(before)
    }
  })
})
