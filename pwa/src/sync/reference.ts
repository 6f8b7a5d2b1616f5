/** The school's own data as this phone holds it, in official order. Read with `useReference()`. */
import type { UserDatabase } from '@/db/schema'
import { addDays, daysBetween, localDay } from '@/db/time'
import type { DocID, Document, PersonFields, PlaceFields, TermFields, UnitFields } from '@/wire/generated'
import { asPerson, asPlace, asTerm, asUnit } from '@/wire/guards'
import { serverNow } from './visits'

export type WithID<T> = T & { readonly id: DocID }

/** A day in the school calendar. Weeks count from 1; `week` is 0 outside every term. */
export interface Today {
  /** 2006-01-02, Asia/Shanghai. */
  readonly day: string
  readonly term: WithID<TermFields> | undefined
  readonly week: number
}

export interface Reference {
  /** Those still in use; a retired one is found in `placeByID` only. */
  readonly places: readonly WithID<PlaceFields>[]
  readonly people: readonly WithID<PersonFields>[]
  readonly units: readonly WithID<UnitFields>[]
  readonly terms: readonly WithID<TermFields>[]
  readonly placeByID: ReadonlyMap<DocID, WithID<PlaceFields>>
  /** A person's id is their user id. */
  readonly personByID: ReadonlyMap<string, WithID<PersonFields>>
  readonly unitByID: ReadonlyMap<DocID, WithID<UnitFields>>
  readonly today: Today
}

export const noReference: Reference = {
  places: [], people: [], units: [], terms: [], placeByID: new Map(), personByID: new Map(), unitByID: new Map(),
  today: { day: localDay(Date.now()), term: undefined, week: 0 },
}

export async function loadReference(db: UserDatabase): Promise<Reference> {
  const rows = await db.documents.where('kind').anyOf('place', 'person', 'unit', 'term').toArray()
  const documents = rows.map(row => row.document).filter(document => !document.deleted)
  const places = inOrder(read(documents, 'place', asPlace))
  const people = inOrder(read(documents, 'person', asPerson))
  const units = inOrder(read(documents, 'unit', asUnit))
  const terms = read(documents, 'term', asTerm).sort((a, b) => (a.start < b.start ? -1 : 1))
  const inUse = (each: { readonly retired?: boolean }) => each.retired !== true
  return {
    places: places.filter(inUse), people: people.filter(inUse), units: units.filter(inUse), terms,
    placeByID: new Map(places.map(each => [each.id, each])),
    personByID: new Map(people.map(each => [each.id, each])),
    unitByID: new Map(units.map(each => [each.id, each])),
    today: todayOf(terms, localDay(await serverNow(db))),
  }
}

/** Finds the term and week a day lies in. */
export function todayOf(terms: readonly WithID<TermFields>[], day: string): Today {
  const term = terms.find(each => each.start <= day && day < addDays(each.start, each.weeks * 7))
  return { day, term, week: term === undefined ? 0 : Math.floor(daysBetween(term.start, day) / 7) + 1 }
}

function read<T extends object>(documents: readonly Document[], kind: Document['kind'], as: (fields: Document['fields']) => T | undefined): WithID<T>[] {
  const found: WithID<T>[] = []
  for (const document of documents) {
    const fields = document.kind === kind ? as(document.fields) : undefined
    if (fields !== undefined) found.push({ ...fields, id: document.id })
  }
  return found
}

function inOrder<T extends { readonly order: number, readonly id: string }>(list: T[]): T[] {
  return list.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
}
