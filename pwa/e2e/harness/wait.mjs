// Waiting on conditions. Nothing in these tests sleeps for a guessed time: a poll looks again until its deadline.
import { setTimeout as pause } from 'node:timers/promises'

/** How long a thing may take on a busy machine before it counts as not happening, ms. */
export const PATIENCE = 30_000

/**
 * Returns the first truthy answer of `look`, asked every `every` ms. Rejects after `within` ms, naming `what` was waited
 * for and what `look` said or threw last.
 * @template T @param {string} what @param {() => T | Promise<T>} look @param {{ within?: number, every?: number }} [options]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, look, { within = PATIENCE, every = 50 } = {}) {
  const deadline = performance.now() + within
  for (let last; ;) {
    try {
      last = await look()
      if (last) return last
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) throw new Error(`waited ${within / 1000} s in vain for: ${what}; last: ${describe(last)}`)
    await pause(every)
  }
}

function describe(value) {
  if (value instanceof Error) return value.message
  return JSON.stringify(value)?.slice(0, 600) ?? String(value)
}
