import { StorageError } from '@/db/durable'
import { t } from '@/i18n/i18n'
import type { PhotoFailure } from './photo'
import { MAX_PHOTOS, PhotoError } from './photo'

/** Why a picture is not in the visit, its file or our storage. */
export type PhotoTrouble = PhotoFailure | { kind: 'already_there' } | { kind: 'no_space' } | { kind: 'not_saved' }

/** A picture that was not taken, the `nth` of those picked together (from 1), or how many were picked too many. */
export type PhotoProblem =
  | { id: number, nth: number, why: PhotoTrouble }
  | { id: number, surplus: number }

/** Says in words a person can act on what happened, what is safe and what to do next. */
export function problemText(problem: PhotoProblem): string {
  if ('surplus' in problem) return t('photo.problem.too_many', { n: problem.surplus, max: MAX_PHOTOS })
  const { nth: n, why } = problem
  switch (why.kind) {
    case 'unreadable': return t(why.format === 'heic' ? 'photo.problem.heic' : 'photo.problem.unreadable', { n })
    case 'too_large': return t(why.limit === 'bytes' ? 'photo.problem.too_heavy' : 'photo.problem.too_wide', { n })
    case 'no_memory': return t('photo.problem.no_memory', { n })
    case 'already_there': return t('photo.problem.already_there', { n })
    case 'no_space': return t('photo.problem.no_space', { n })
    case 'not_saved': return t('photo.problem.not_saved', { n })
  }
}

/** The visit holds this very picture already. */
export class TakenAlready extends Error {}

/** Returns what `cause`, a rejection of developing or saving, means for the person. */
export function troubleOf(cause: unknown): PhotoTrouble {
  if (cause instanceof PhotoError) return cause.failure
  if (cause instanceof TakenAlready) return { kind: 'already_there' }
  return { kind: cause instanceof StorageError && cause.fault === 'full' ? 'no_space' : 'not_saved' }
}
