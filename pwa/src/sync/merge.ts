/**
 * What a mutation does to a document; twin of sync/engine/merge.go, bound to it by the vectors in sync/engine/testdata (I7).
 * Pure and total.
 */
import { type Conflict, type Mark, MaxConflicts, type Mutation } from '@/wire/generated'
import { isRecord } from '@/wire/guards'
import { equal } from './canonical'
import { parseTime, uuid } from './check'
import type { Rules } from './rules'
import { type Call, isLiving, listOf, type State, stop, type Stop } from './state'

/**
 * Carries out one mutation on `doc`, in place: set, then append, then the command, then what follows from them. A document
 * that is being made has rev 0. After a stop `doc` is in an undefined state: work on a copy.
 */
export function change(rules: Rules, doc: State, call: Call): Stop | undefined {
  const { set = {}, append = {}, command } = call.mutation
  const creating = doc.rev === 0
  const writes = Object.keys(set).length + Object.keys(append).length > 0
  const stopped = (!creating && writes ? rules.write(doc, call) : undefined)
    ?? setFields(rules, doc, call, set)
    ?? appendElements(rules, doc, call, append)
  if (stopped !== undefined) return stopped
  if (creating) {
    for (const [name, field] of Object.entries(rules.fields)) if (field.required === true && isNull(doc.fields[name])) return stop('refused', 'invalid')
    const refused = rules.create(doc, call)
    if (refused !== undefined) return refused
  } else {
    // A moved time is judged on the merged value.
    const late = (Object.keys(set).length > 0 ? rules.write(doc, call) : undefined)
      ?? (command === undefined ? undefined : rules.command(doc, call, command))
    if (late !== undefined) return late
  }
  rules.settle(doc, call)
  doc.conflicts = doc.conflicts.slice(-MaxConflicts)
  return undefined
}

/** Merges fields three-way against the value the person saw, not against a revision. */
function setFields(rules: Rules, doc: State, call: Call, set: NonNullable<Mutation['set']>): Stop | undefined {
  const creating = doc.rev === 0
  const mark = markOf(call)
  for (const name of Object.keys(set).sort()) {
    const field = rules.fields[name]
    const { was, now } = set[name] ?? { was: null, now: null }
    if (field === undefined || (isNull(now) ? field.required === true : !field.check(now))) return stop('refused', 'invalid')
    const here = doc.fields[name]
    // Who saw a conflict and sets the field has decided it.
    doc.conflicts = doc.conflicts.filter(conflict => conflict.field !== name || conflict.rev > call.mutation.base)
    // Nothing to do, or the person changed nothing: what others did meanwhile stands.
    if (equal(here, now) || equal(was, now)) continue
    if (field.once === true && !creating) return stop('refused', 'write_once')
    if (creating || equal(here, was)) {
      assign(doc, name, now)
      if (!creating) doc.marks[name] = mark
      continue
    }
    const standing = doc.marks[name] ?? doc.marks['*'] ?? { ...mark, at: 0, seq: 0 }
    if (field.long !== true && isLater(mark, standing)) {
      lose(doc, name, here, standing)
      assign(doc, name, now)
      doc.marks[name] = mark
    } else {
      lose(doc, name, now, mark)
      call.merged = true
    }
  }
  if (creating) doc.marks['*'] = mark
  return undefined
}

/** Unites lists by element id. An element never changes; its tombstone wins over everything. */
function appendElements(rules: Rules, doc: State, call: Call, append: NonNullable<Mutation['append']>): Stop | undefined {
  for (const name of Object.keys(append).sort()) {
    const list = rules.lists[name]
    if (list === undefined) return stop('refused', 'invalid')
    if ((append[name] ?? []).length > 8 * list.max) return stop('refused', list.code)
    const here = [...listOf(doc, name)]
    for (const element of append[name] ?? []) {
      if (!isElement(element)) return stop('refused', 'invalid')
      const at = here.findIndex(known => isRecord(known) && known['id'] === element['id'])
      if (!isLiving(element)) {
        here.splice(at < 0 ? here.length : at, 1, { id: element['id'], removed: true })
        continue
      }
      if (!list.check(element)) return stop('refused', 'invalid')
      const stamped = list.stamp(element, call.user)
      if (at < 0) here.push(stamped)
      else if (isLiving(here[at]) && !equal(here[at], stamped)) {
        lose(doc, name, stamped, markOf(call))
        call.merged = true
      }
    }
    if (here.filter(isLiving).length > list.max || here.length > 8 * list.max) return stop('refused', list.code)
    doc.fields[name] = here
  }
  return undefined
}

function isElement(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && uuid(value['id']) && (value['removed'] === undefined || typeof value['removed'] === 'boolean')
    && (isLiving(value) || Object.keys(value).length === 2)
}

/** Keeps a value that a merge replaced, for the person who wrote it (I6). */
function lose(doc: State, field: string, value: unknown, { user, at, device, seq }: Mark): void {
  const conflict: Conflict = { field, value: value ?? null, user, at, device, seq, rev: doc.rev + 1 }
  doc.conflicts.push(conflict)
}

function assign(doc: State, name: string, value: unknown): void {
  if (isNull(value)) Reflect.deleteProperty(doc.fields, name)
  else doc.fields[name] = value
}

function markOf({ user, edited, mutation }: Call): Mark {
  return { user, at: edited, device: mutation.device, seq: mutation.seq }
}

/** Orders edits by time, ties by device and number. */
function isLater(a: Mark, b: Mark): boolean {
  if (a.at !== b.at) return a.at > b.at
  return a.device === b.device ? a.seq > b.seq : a.device > b.device
}

/** When the person made the edit: the phone's clock moved by its measured offset, never before the document existed nor after `received`. */
export function editedAt(mutation: Mutation, doc: State, received: number): number {
  const at = mutation.at + (mutation.anchor?.offset ?? 0)
  const since = doc.rev > 0 && mutation.base > 0 ? parseTime(doc.createdAt) ?? at : at
  return Math.min(Math.max(at, since), received)
}

function isNull(value: unknown): boolean {
  return value === undefined || value === null
}
