import { admin } from './zh-CN/admin'
import { auth } from './zh-CN/auth'
import { common } from './zh-CN/common'
import { home } from './zh-CN/home'
import { photo } from './zh-CN/photo'
import { queue } from './zh-CN/queue'
import { settings } from './zh-CN/settings'
import { visit } from './zh-CN/visit'

/** The source dictionary, whole; `common` and `home` are in the main bundle besides. One file per area keeps parallel edits apart. */
export const zhCN = { ...admin, ...auth, ...common, ...home, ...photo, ...queue, ...settings, ...visit }
