import { admin } from './en/admin'
import { auth } from './en/auth'
import { common } from './en/common'
import { home } from './en/home'
import { photo } from './en/photo'
import { queue } from './en/queue'
import { settings } from './en/settings'
import { visit } from './en/visit'
import type { Translation } from './message'
import type { zhCN } from './zh-CN'

/** English, complete, in a chunk of its own. */
export const en = { ...admin, ...auth, ...common, ...home, ...photo, ...queue, ...settings, ...visit } satisfies Translation<typeof zhCN>
