import type { VisitView } from '@/sync/visits'
import type { DocID, UserID, VisitFields } from '@/wire/generated'
import { docID, userID } from '@/wire/guards'

/** A saved and confirmed visit of `u1` for tests, changed by `part`. */
export function viewOf(part: Partial<VisitFields> = {}, id: DocID = docID('v1')): VisitView {
  const visit: VisitFields = {
    author: userID('u1'), enteredBy: userID('u1'), recordedAt: '2026-11-17T12:00:00.000Z', when: { start: '2026-11-17T11:20:00.000Z', minutes: 50 },
    where: { place: docID('p1'), name: '梧桐苑5栋', venue: 'dorm' }, mode: 'face_to_face', form: 'visit', group: { kind: 'dorm', name: '' }, talked: 9, raised: true,
    state: 'submitted', evidence: { state: 'none', have: 0, want: 0 }, ...part,
  }
  const participants: readonly UserID[] = (visit.participants ?? []).map(person => person.id)
  return { id, rev: 1, visit, photos: [], participants, record: { at: 'confirmed', photos: { have: 0, want: 0 } }, conflicts: [], deleted: false, asksMe: false }
}
