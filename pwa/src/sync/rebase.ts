import { type Document, type Mutation, Schema, type UserID } from '@/wire/generated'
import { userID } from '@/wire/guards'
import { change, editedAt } from './merge'
import { kinds } from './rules'
import { isApplied, type State, stateOf } from './state'

/** What the screen shows. `blocked` are the numbers of mutations that cannot take effect on what the phone knows. */
export interface Rebased { readonly shown: Document | undefined, readonly blocked: readonly number[] }

/**
 * Shows what a document will be once the phone's pending mutations have reached the server: carries them out, in order of
 * seq, on the newest copy the phone has. What is in the document already is skipped. `rev` stays the server's, 0 for a
 * document it does not have. `now` is the best guess of server time, Unix ms. Twin of `engine.Rebase`, same vectors (I7).
 */
export function rebase(document: Document | undefined, user: UserID, pending: readonly Mutation[], now: number): Rebased {
  const rev = document?.rev ?? 0
  const time = new Date(now).toISOString()
  const blocked: number[] = []
  let shown: State | undefined = document === undefined ? undefined : stateOf(document)
  for (const mutation of pending) {
    if (mutation.discarded === true || (shown !== undefined && isApplied(shown, mutation.device, mutation.seq))) continue
    const { kind, doc } = mutation
    const rules = kind === undefined ? undefined : kinds[kind]
    if (kind === undefined || doc === undefined || rules === undefined || (shown === undefined && mutation.base > 0)) {
      blocked.push(mutation.seq)
      continue
    }
    const next: State = shown === undefined
      ? { kind, id: doc, schema: Schema, rev: 0, fields: {}, marks: {}, applied: {}, conflicts: [], deleted: false, createdAt: time, updatedAt: time }
      : stateOf(shown)
    // Whom this person may enter visits for is the server's to say.
    const author = mutation.set?.['author']?.now
    const proxyFor = shown === undefined && typeof author === 'string' ? [userID(author)] : []
    const call = { user, proxyFor, mutation, received: now, edited: editedAt(mutation, next, now), merged: false }
    if (change(rules, next, call) !== undefined) {
      blocked.push(mutation.seq)
      continue
    }
    next.rev++
    next.updatedAt = time
    shown = next
  }
  return { shown: shown === undefined ? undefined : { ...shown, rev }, blocked }
}
