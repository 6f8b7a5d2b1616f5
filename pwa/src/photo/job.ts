import type { Job } from './develop'
import type { PhotoFailure, ShrunkPhoto } from './photo'

/** What the worker says: `ready` once after loading, then one `done` or `failed` for each job. */
export type Reply =
  | { at: 'ready' }
  | { at: 'done', photo: ShrunkPhoto }
  | { at: 'failed', failure: PhotoFailure }

export function isJob(value: unknown): value is Job {
  return isRecord(value) && value['file'] instanceof Blob && Array.isArray(value['strokes']) && Array.isArray(value['watermark'])
}

export function isReply(value: unknown): value is Reply {
  if (!isRecord(value)) return false
  switch (value['at']) {
    case 'ready': return true
    case 'done': return isPhoto(value['photo'])
    case 'failed': return isRecord(value['failure']) && typeof value['failure']['kind'] === 'string'
    default: return false
  }
}

function isPhoto(value: unknown): boolean {
  return isRecord(value) && value['bytes'] instanceof ArrayBuffer && value['thumb'] instanceof ArrayBuffer && typeof value['sha256'] === 'string'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
