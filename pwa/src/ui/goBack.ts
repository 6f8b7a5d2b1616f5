import type { RouteLocationRaw, Router } from 'vue-router'

/** Goes back to where one came from, or to `otherwise` if the app was opened right here. */
export function goBack(router: Router, otherwise: RouteLocationRaw): void {
  const { back } = router.options.history.state
  if (back === null || back === undefined) void router.replace(otherwise)
  else router.back()
}
