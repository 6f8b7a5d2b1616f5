import type { Translation } from '../message'
import type { common as source } from '../zh-CN/common'

export const common = {
  'common.app': 'Zoufang',
} satisfies Translation<typeof source>
