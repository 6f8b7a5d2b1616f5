import type { WithID } from '@/sync/reference'
import type { PlaceFields, Venue } from '@/wire/generated'

export interface PlaceSection { readonly heading: string, readonly places: readonly WithID<PlaceFields>[] }

/**
 * Places by campus and venue in the order they come in (the official one); a query keeps those whose name, campus or code has
 * all its words. A school with one campus does not repeat its name.
 */
export function placeSections(places: readonly WithID<PlaceFields>[], query: string, venueWords: (venue: Venue) => string): readonly PlaceSection[] {
  const words = query.trim().toLowerCase().split(/\s+/)
  const campuses = new Set(places.map(place => place.campus))
  const sections = new Map<string, WithID<PlaceFields>[]>()
  for (const place of places) {
    const text = `${place.name} ${place.campus} ${place.code}`.toLowerCase()
    if (!words.every(word => text.includes(word))) continue
    const heading = campuses.size > 1 && place.campus !== '' ? `${place.campus} · ${venueWords(place.venue)}` : venueWords(place.venue)
    const section = sections.get(heading)
    if (section === undefined) sections.set(heading, [place])
    else section.push(place)
  }
  return [...sections].map(([heading, found]) => ({ heading, places: found }))
}
