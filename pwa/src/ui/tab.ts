import type { RouteLocationRaw } from 'vue-router'
import type { IconName } from './icons'

/** One main page: where it is, what it is called, its icon. */
export interface TabItem {
  readonly to: RouteLocationRaw
  readonly label: string
  readonly icon: IconName
}
