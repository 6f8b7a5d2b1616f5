/** Why the server did not take something, in words: what happened and the next step. What is safe depends on the outcome. */
import type { MessageKey } from '@/i18n/i18n'
import type { Code } from '@/wire/generated'

/** What helps. open: correct it in the visit · again: send the photo once more · none: only time or the office. */
export type Remedy = 'open' | 'again' | 'none'

export interface Reason { readonly words: MessageKey, readonly remedy: Remedy }

/** Codes the phone itself gives: a photo whose bytes are gone, a text that kept failing. */
export type LocalCode = 'bytes_lost' | 'unsendable'

const reason = (words: MessageKey, remedy: Remedy): Reason => ({ words, remedy })

/** The words of every code a phone can meet. Exhaustive: a code new on the wire does not compile until it has words here. */
export function reasonOf(code: Code | LocalCode): Reason {
  switch (code) {
    // A mutation was answered.
    case 'invalid':
    case 'malformed':
    case 'unprocessable':
      return reason('queue.why.invalid', 'open')
    case 'time': return reason('queue.why.time', 'open')
    case 'too_many_photos': return reason('queue.why.too_many_photos', 'open')
    case 'state':
    case 'conflict':
      return reason('queue.why.state', 'none') // withdrawn: it can be looked at, no longer corrected
    case 'gone': return reason('queue.why.gone', 'none')
    case 'confirmed': return reason('queue.why.confirmed', 'none')
    case 'write_once': return reason('queue.why.write_once', 'none')
    case 'no_document':
    case 'not_found':
      return reason('queue.why.no_document', 'none')
    case 'forbidden': return reason('queue.why.forbidden', 'none')
    case 'waits': return reason('queue.why.waits', 'none')
    case 'unknown_kind':
    case 'unknown_schema':
      return reason('queue.why.unknown_schema', 'none')
    case 'opaque': return reason('queue.why.opaque', 'none')
    case 'defect': return reason('queue.why.defect', 'none')
    case 'revoked_device': return reason('queue.why.revoked_device', 'none')
    case 'unsendable': return reason('queue.why.unsendable', 'none')
    // A photo was answered.
    case 'hash_mismatch': return reason('queue.why.hash_mismatch', 'again')
    case 'image':
    case 'media_type':
      return reason('queue.why.image', 'again')
    case 'position': return reason('queue.why.position', 'open')
    case 'too_large': return reason('queue.why.too_large', 'open')
    case 'bytes_lost': return reason('queue.why.bytes_lost', 'open')
    // Passing troubles of the server or the line.
    case 'unavailable':
    case 'storage_full':
    case 'too_many':
    case 'internal':
    case 'locked':
    case 'offset':
    case 'expired':
    case 'method':
    case 'origin':
      return reason('queue.why.server', 'again')
    // The person's access: the queue page says it once, above the list.
    case 'unauthenticated':
    case 'credentials':
      return reason('queue.paused.sign_in', 'none')
    case 'password_due': return reason('queue.paused.password_due', 'none')
    case 'update': return reason('queue.paused.update', 'none')
  }
}

const known: Readonly<Record<Code | LocalCode, true>> = {
  invalid: true, no_document: true, write_once: true, unknown_kind: true, unknown_schema: true, state: true, gone: true,
  confirmed: true, waits: true, revoked_device: true, defect: true, opaque: true, time: true, too_many_photos: true,
  malformed: true, unauthenticated: true, credentials: true, forbidden: true, origin: true, password_due: true,
  not_found: true, method: true, conflict: true, offset: true, expired: true, too_large: true, media_type: true,
  unprocessable: true, hash_mismatch: true, image: true, position: true, locked: true, update: true, too_many: true,
  internal: true, unavailable: true, storage_full: true, bytes_lost: true, unsendable: true,
}

const isKnown = (code: string): code is Code | LocalCode => Object.hasOwn(known, code)

/** The words of a stored code; a server newer than this app may have given one we do not know. */
export function reasonOfStored(code: string): Reason {
  return isKnown(code) ? reasonOf(code) : reason('queue.why.unknown', 'none')
}
