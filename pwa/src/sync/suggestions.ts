/** Complaints and suggestions about the app itself, as this phone knows them: one's own, and for administrators everybody's. */
import { useSession } from '@/auth/useSession'
import type { UserDatabase } from '@/db/schema'
import { useLive } from '@/db/useLive'
import type { DocID, UserID } from '@/wire/generated'
import { asMutation, userID } from '@/wire/guards'
import type { Badge } from './rows'

export interface SuggestionView {
  readonly id: DocID
  readonly author: UserID
  readonly text: string
  /** Unix ms: when it was written here, else when the server got it. */
  readonly at: number
  readonly state: Badge
}

/** Newest first. */
export async function loadSuggestions(db: UserDatabase): Promise<SuggestionView[]> {
  const [documents, outbox, attention] = await Promise.all([
    db.documents.where('kind').equals('suggestion').toArray(),
    db.outbox.filter(row => row.kind === 'suggestion').toArray(),
    db.attention.filter(row => row.kind === 'suggestion').toArray(),
  ])
  const views = new Map<DocID, SuggestionView>()
  for (const { id, document } of documents) {
    const { author, text } = document.fields
    if (document.deleted || typeof author !== 'string' || typeof text !== 'string') continue
    views.set(id, { id, author: userID(author), text, at: Date.parse(document.createdAt), state: { at: 'confirmed' } })
  }
  const waiting = [
    ...outbox.map(row => ({ ...row, at: row.savedAt, state: { at: 'local' } as const })),
    ...attention.map(row => ({ ...row, state: { at: 'attention' } as const })),
  ]
  for (const { doc, bytes, at, state } of waiting) {
    const text: unknown = asMutation(bytes)?.set?.['text']?.now
    if (typeof text === 'string') views.set(doc, { id: doc, author: db.user, text, at, state })
  }
  return [...views.values()].sort((a, b) => b.at - a.at)
}

/** `suggestions` is undefined until the first look into the database is done. */
export function useSuggestions(whose: 'mine' | 'all') {
  const { db } = useSession()
  const suggestions = useLive<readonly SuggestionView[] | undefined>(async () => {
    if (db.value === undefined) return undefined
    const all = await loadSuggestions(db.value)
    return whose === 'all' ? all : all.filter(each => each.author === db.value?.user)
  }, undefined, { sources: [db] })
  return { suggestions }
}
