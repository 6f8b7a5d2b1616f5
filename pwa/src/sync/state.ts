import type { Applied, Code, Conflict, Document, Mark, Mutation, UserID } from '@/wire/generated'
import { isRecord } from '@/wire/guards'

/** A document while mutations are carried out on it. Values inside fields are replaced, never changed in place. */
export interface State extends Omit<Document, 'fields' | 'marks' | 'applied' | 'conflicts' | 'rev' | 'deleted' | 'updatedAt'> {
  rev: number
  fields: Record<string, unknown>
  marks: Record<string, Mark>
  applied: Record<string, Applied>
  conflicts: Conflict[]
  deleted: boolean
  updatedAt: string
}

/** Why a mutation does not take effect. */
export interface Stop { readonly verdict: 'refused' | 'held', readonly code: Code }

export const stop = (verdict: Stop['verdict'], code: Code): Stop => ({ verdict, code })

/** One mutation with all that judging it needs; times in Unix ms of the server. */
export interface Call {
  readonly user: UserID
  readonly proxyFor: readonly UserID[]
  readonly mutation: Mutation
  readonly received: number
  readonly edited: number
  /** Says whether this person sent all bytes of this photo; a phone, which cannot know, has none. */
  readonly holds?: (user: unknown, hash: unknown) => boolean
  /** Set when something of the mutation was overruled. */
  merged: boolean
}

export function stateOf(document: Document): State {
  return {
    ...document,
    fields: { ...document.fields },
    marks: { ...document.marks },
    applied: { ...document.applied },
    conflicts: [...document.conflicts],
  }
}

/** The elements of a list field, tombstones included; none if it is absent. */
export function listOf(doc: Pick<Document, 'fields'>, name: string): readonly unknown[] {
  const list = doc.fields[name]
  return Array.isArray(list) ? list : []
}

/** True for an element of a list that is not a tombstone. */
export function isLiving(element: unknown): boolean {
  return isRecord(element) && element['removed'] !== true
}

/** Says whether a living document names this photo. */
export function namesPhoto(document: Document, photo: string): boolean {
  return !document.deleted && listOf(document, 'photos').some(each => isLiving(each) && isRecord(each) && each['id'] === photo)
}

/** Says whether the document holds the effect of this mutation. */
export function isApplied(document: Pick<Document, 'applied'>, device: string, seq: number): boolean {
  const known = document.applied[device]
  return known !== undefined && (seq <= known.to || known.and?.includes(seq) === true)
}
