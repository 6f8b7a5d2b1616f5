import type { Translation } from '../message'
import type { settings as source } from '../zh-CN/settings'

export const settings = {
  'settings.care': 'Large text',
  'settings.careHint': 'Larger text, larger buttons',
  'settings.complaints': 'Complaints and suggestions',
  'settings.install': 'Add to the home screen to open it without a network',
  'settings.language': 'Language',
  'settings.password': 'Change password',
  'settings.signOut': 'Sign out',
  'settings.storage': 'Storage on this phone',
  'settings.storageKept': 'The browser has agreed to keep the records',
  'settings.storageMayGo': 'Private windows lose records; add the app to the home screen',
  'settings.theme': 'Colours',
  'settings.theme.auto': 'Like the phone',
  'settings.theme.dark': 'Dark',
  'settings.theme.light': 'Light',
  'settings.title': 'Me',
  'settings.version': 'Version',
} satisfies Translation<typeof source>
