import type { ComputedRef, InjectionKey } from 'vue'
import type { TabItem } from './tab'

/** The main pages, which `App.vue` provides: `AppPage` shows them as tabs under the thumb, wide screens as a rail at the side. */
export const mainTabs: InjectionKey<ComputedRef<readonly TabItem[]>> = Symbol('main tabs')
