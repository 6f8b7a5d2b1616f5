import type { UserDatabase } from './schema'

/** What of a person exists only on this phone, in things people count. */
export interface Unsent { readonly visits: number, readonly photos: number, readonly drafts: number }

export async function unsentOf(db: UserDatabase): Promise<Unsent> {
  return await db.transaction('r', [db.outbox, db.attention, db.photos, db.drafts], async () => {
    const refused = await db.attention.filter(row => row.outcome === 'refused').toArray()
    const docs = new Set([...await db.outbox.toArray(), ...refused].map(row => row.doc))
    const photos = await db.photos.where('state').anyOf('waiting', 'attention').count()
    return { visits: docs.size, photos, drafts: await db.drafts.count() }
  })
}
