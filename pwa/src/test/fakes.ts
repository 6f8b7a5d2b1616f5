/** A clock that moves only when told. */
export interface FakeClock {
  /** Milliseconds since 1970. */
  now(): number
  /** RFC 3339 UTC, whole seconds. */
  time(): string
  /** Moves on by `ms`. */
  pass(ms: number): void
}

export function fakeClock(start = '2026-11-23T02:00:00Z'): FakeClock {
  let now = Date.parse(start)
  return {
    now: () => now,
    time: () => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
    pass: (ms) => { now += ms },
  }
}
