import { common } from './en/common'
import type { Translation } from './message'
import type { zhCN } from './zh-CN'

/** English, complete, in a chunk of its own. */
export const en = { ...common } satisfies Translation<typeof zhCN>
