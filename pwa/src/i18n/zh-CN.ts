import { common } from './zh-CN/common'

/** The source dictionary, in the main bundle. One file per area keeps parallel edits apart. */
export const zhCN = { ...common }
