/** The names of a visit's values, in the language on screen. */
import { type MessageKey, t } from '@/i18n/i18n'
import type { Choice } from '@/ui/choice'
import type { Form, GroupKind, Mode, Purpose, Venue } from '@/wire/generated'

export const venues: readonly Venue[] = ['dorm', 'canteen', 'classroom', 'class', 'society', 'lecture', 'online', 'other']
export const modes: readonly Mode[] = ['face_to_face', 'online']
export const forms: readonly Form[] = [
  'visit', 'discussion', 'talk', 'shared_meal', 'class_observation', 'ideology_lecture', 'policy_lecture', 'reception_day',
  'class_meeting', 'party_day', 'league_day', 'society_activity', 'contest', 'online_chat', 'other',
]
export const groups: readonly GroupKind[] = ['dorm', 'linked', 'class', 'society', 'diners', 'course', 'audience', 'online', 'mixed']
export const purposes: readonly Purpose[] = ['campus_life', 'care', 'answer', 'solve']

const venueKey = (venue: Venue): MessageKey => `visit.venue.${venue}`
const modeKey = (mode: Mode): MessageKey => `visit.mode.${mode}`
const formKey = (form: Form): MessageKey => `visit.form.${form}`
const groupKey = (group: GroupKind): MessageKey => `visit.group.${group}`
const purposeKey = (purpose: Purpose): MessageKey => `visit.purpose.${purpose}`

export const venueWords = (venue: Venue): string => t(venueKey(venue))
export const modeWords = (mode: Mode): string => t(modeKey(mode))
export const formWords = (form: Form): string => t(formKey(form))
export const groupWords = (group: GroupKind): string => t(groupKey(group))
export const purposeWords = (purpose: Purpose): string => t(purposeKey(purpose))

/** The choices of a list, each in words. */
export function choicesOf<T extends string>(values: readonly T[], words: (value: T) => string): readonly Choice<T>[] {
  return values.map(value => ({ value, label: words(value) }))
}
