import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { useLive } from './useLive'

beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }) })
afterEach(() => { vi.useRealTimers() })

test('a query that failed is asked again, until nobody looks any more', async () => {
  const scope = effectScope()
  let runs = 0
  const failures: unknown[] = []
  const query = () => (++runs % 2 === 1 ? Promise.reject(new DOMException('Connection lost', 'UnknownError')) : Promise.resolve(runs))
  const found = scope.run(() => useLive(query, 0, { failed: cause => failures.push(cause) }))
  await vi.waitFor(() => { expect(failures).toHaveLength(1) })
  await vi.advanceTimersByTimeAsync(2_000)
  await vi.waitFor(() => { expect(found?.value).toBe(2) })
  scope.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(runs).toBe(2)
})
