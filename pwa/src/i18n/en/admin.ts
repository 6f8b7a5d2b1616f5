import type { Translation } from '../message'
import type { admin as source } from '../zh-CN/admin'

export const admin = {
  'admin.import': 'Import',
  'admin.title': 'School settings',
} satisfies Translation<typeof source>
