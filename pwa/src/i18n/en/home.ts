import type { Translation } from '../message'
import type { home as source } from '../zh-CN/home'

export const home = {
  'home.care': 'Large text',
  'home.careOff': 'Leave large text',
  'home.careOn': 'Switch to large text',
  'home.draft': 'One draft: {what}',
  'home.draftContinue': 'Continue',
  'home.drafts': { one: '{n} draft', other: '{n} drafts' },
  'home.empty': 'Log your first visit. It works without a network.',
  'home.log': 'Log a visit',
  'home.needed': { one: '{n} more', other: '{n} more' },
  'home.neededDone': 'Done',
  'home.privacy': 'Avoid faces; ask before a group photo; no private things in dormitories',
  'home.recent': 'Recent visits',
  'home.title': 'Home',
  'home.week': 'Week {n} · {day}',
  'home.weekFaceToFace': 'Face to face this week',
  'home.weekNone': '{day}',
  'home.weekOnline': 'Online contacts are recorded; they do not replace meeting in person',
} satisfies Translation<typeof source>
