import { describe, expect, it, vi } from 'vitest'
import { fakeClock } from '@/test/fakes'
import { createUpdates } from './updates'

function setup({ onLine = true } = {}) {
  const clock = fakeClock()
  const stored = new Map<string, string>()
  const reload = vi.fn()
  const updates = createUpdates({
    reload,
    now: () => clock.now(),
    onLine: () => onLine,
    memory: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => { stored.set(key, value) } },
  })
  return { clock, reload, updates }
}

describe('moving to a new version', () => {
  it('waits for a person, then asks the waiting worker', () => {
    const { updates } = setup()
    const activate = vi.fn()
    expect(updates.updateReady.value).toBe(false)
    updates.offer(activate)
    expect(updates.updateReady.value).toBe(true)
    expect(activate).not.toHaveBeenCalled()
    updates.applyUpdate()
    expect(activate).toHaveBeenCalledOnce()
  })

  it('writes the drafts first, and reloads even when one cannot be written', async () => {
    const { reload, updates } = setup()
    const order: string[] = []
    reload.mockImplementation(() => { order.push('reload') })
    updates.beforeReload(async () => { await Promise.resolve(); order.push('draft') })
    updates.beforeReload(() => { throw new Error('disk full') })
    const forget = updates.beforeReload(() => { order.push('closed form') })
    forget()
    await updates.reloadWhenSafe()
    expect(order).toEqual(['draft', 'reload'])
  })

  it('never reloads while a photo is being processed, and only once', async () => {
    const { reload, updates } = setup()
    const first = updates.busy()
    const second = updates.busy()
    const done = updates.reloadWhenSafe()
    void updates.reloadWhenSafe()
    first()
    first()
    await Promise.resolve()
    expect(reload).not.toHaveBeenCalled()
    second()
    await done
    expect(reload).toHaveBeenCalledOnce()
  })
})

describe('a chunk that is gone from the server', () => {
  it('reloads once a minute at most', async () => {
    const { clock, reload, updates } = setup()
    const page = new EventTarget()
    updates.watchChunkErrors(page)
    page.dispatchEvent(new Event('vite:preloadError'))
    await vi.waitFor(() => { expect(reload).toHaveBeenCalledOnce() })
    clock.pass(59_000)
    page.dispatchEvent(new Event('vite:preloadError'))
    await Promise.resolve()
    expect(reload).toHaveBeenCalledOnce()
  })

  it('does not reload offline, where nothing better could come', async () => {
    const { reload, updates } = setup({ onLine: false })
    const page = new EventTarget()
    updates.watchChunkErrors(page)
    page.dispatchEvent(new Event('vite:preloadError'))
    await Promise.resolve()
    expect(reload).not.toHaveBeenCalled()
  })
})
