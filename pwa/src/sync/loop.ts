/**
 * The phone's loop: push until the queue is empty while pulling pages, then photos. It never deletes anything for a 4xx,
 * never stops for one bad item, and treats silence as silence: the same bytes again later.
 */
import { shallowReadonly, shallowRef, type ShallowRef } from 'vue'
import type { SessionKeeper } from '@/auth/session'
import type { Clock } from '@/db/clock'
import { StorageError } from '@/db/durable'
import type { UserDatabase } from '@/db/schema'
import type { Cursor } from '@/wire/generated'
import { stopIfAborted } from './abort'
import { applyAnswer, type Outgoing, takeBatch, tidy } from './apply'
import { lead } from './leader'
import { afterAnswer, afterFailure, backoff, calm, parkedFor, type PushPlan, remedy, wireText } from './plan'
import type { Exchange, Transport } from './transport'
import { serverNow } from './visits'

/** Where the loop stands. */
export type SyncStatus =
  /** Nothing to do until something happens. */
  | { readonly at: 'idle' }
  | { readonly at: 'running', readonly phase: 'text' | 'photos' }
  /** The next try is at `until`, Unix ms. offline: no answer of ours came · busy: the server asked for patience or has trouble. */
  | { readonly at: 'waiting', readonly until: number, readonly why: 'offline' | 'busy' }
  /** Only the person can go on: sign in (fork: as a new device), choose a password, update the app, free space. */
  | { readonly at: 'paused', readonly why: 'sign_in' | 'fork' | 'password_due' | 'update' | 'storage' }

/** How one step ended. more: go on at once. */
export type Step = 'more' | 'done' | Extract<SyncStatus, { at: 'paused' }>['why'] | { readonly wait: 'offline' | 'busy', readonly seconds?: number }

/** Uploads photos; lives in photo/upload.ts and is loaded when there is one to send. */
export interface Uploader {
  /** Uploads the next photo or two. more: something was sent, look again · done: nothing is due. Never rejects but for an abort. */
  step(signal: AbortSignal): Promise<Step>
}

export interface LoopHost {
  readonly db: UserDatabase
  readonly session: Pick<SessionKeeper, 'refresh' | 'demand'>
  readonly exchange: Transport
  readonly uploader: () => Promise<Uploader>
  readonly clock: Clock
  readonly random: () => number
  /** Names this tab among the others. */
  readonly tab: string
}

/**
 * Why to go to work. tick: time passed · news: something was saved, the network or the person came back, waiting is
 * pointless · resume: the person did what was asked (signed in, updated) or pressed the button.
 */
export type Occasion = 'tick' | 'news' | 'resume'

export interface Loop {
  readonly status: Readonly<ShallowRef<SyncStatus>>
  /** Goes to work, unless the occasion is not reason enough. Resolves when the loop rests again. */
  kick(occasion: Occasion): Promise<void>
  /** Ends for good: aborts what is under way. */
  stop(): void
}

/** How often old rows are looked for when nothing was sent, ms. */
const tidyEvery = 3_600_000

export function createLoop(host: LoopHost): Loop {
  const { db, clock, session } = host
  const status = shallowRef<SyncStatus>({ at: 'idle' })
  let isStopped = false
  let current: AbortController | undefined
  let plan: PushPlan = calm
  let attempt = 0
  let isNews = false
  let tidyAt = 0
  let isTooOld = false
  let pulledAll = false
  let again = false
  let running: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  async function kick(occasion: Occasion): Promise<void> {
    const now = status.value
    if (isStopped || (now.at === 'paused' && !goesOn(now.why, occasion))) return
    if (occasion === 'tick' && now.at === 'waiting' && now.until > clock.now()) return
    if (occasion !== 'tick') {
      attempt = 0
      isNews = true
    }
    await go()
  }

  async function go(): Promise<void> {
    again = true
    running ??= work().finally(() => { running = undefined })
    await running
  }

  async function work(): Promise<void> {
    while (again && !isStopped) {
      again = false
      clearTimeout(timer)
      try {
        const led = await lead(db, host.tab, () => clock.now(), async (overruled) => {
          const abort = current = new AbortController()
          overruled.addEventListener('abort', () => { abort.abort() })
          rest(await round(abort.signal))
        })
        if (!led) status.value = { at: 'idle' }
      } catch (cause) {
        if (isStopped) return
        rest(cause instanceof StorageError ? 'storage' : { wait: 'busy' })
      }
      if (status.value.at !== 'idle') again = false
    }
  }

  function rest(end: Step): void {
    if (typeof end === 'object') {
      const delay = Math.max(backoff(attempt++, host.random()), (end.seconds ?? 0) * 1000)
      status.value = { at: 'waiting', until: clock.now() + delay, why: end.wait }
      timer = setTimeout(() => { void go() }, delay)
    } else if (end === 'done' || end === 'more') {
      attempt = 0
      status.value = { at: 'idle' }
    } else status.value = { at: 'paused', why: end }
  }

  async function round(signal: AbortSignal): Promise<Step> {
    // A photo that waits for its next try waits for the network, and that is what may have come.
    if (isNews) await db.photos.where('state').equals('waiting').filter(photo => photo.notBefore > 0).modify({ notBefore: 0 })
    isNews = false
    for (;;) {
      status.value = { at: 'running', phase: 'text' }
      const text = await talk(signal)
      if (text !== 'done') return text
      if (await db.photos.where('state').equals('waiting').count() === 0) break
      status.value = { at: 'running', phase: 'photos' }
      const photos = await (await host.uploader()).step(signal)
      if (photos === 'done') break
      if (photos !== 'more') return photos
    }
    if (tidyAt <= clock.now()) {
      await tidy(db, await serverNow(db, clock.now()))
      tidyAt = clock.now() + tidyEvery
    }
    await db.meta.put({ key: 'confirmed', at: clock.now() })
    return isTooOld ? 'update' : 'done'
  }

  /** Pushes and pulls until there is nothing more of either. */
  async function talk(signal: AbortSignal): Promise<Step> {
    isTooOld = false
    pulledAll = false
    let renewed = false
    for (;;) {
      stopIfAborted(signal)
      const access = await session.refresh(false)
      if (access !== 'open') return access === 'offline' ? { wait: 'offline' } : 'sign_in'
      const sent = await takeBatch(db, plan, clock.now())
      if (sent === undefined) return 'sign_in'
      if (sent.batch.length === 0 && (pulledAll || isTooOld)) return 'done'
      // While a row is hunted for, nothing else is in the request that could be at fault.
      const pulls = plan.suspect === 0 && !isTooOld
      const answer = await host.exchange(envelope(sent, pulls ? sent.cursor : undefined), signal)
      if (answer.at === 'sign_in' && !renewed) {
        renewed = true
        const access = await session.refresh(true)
        if (access === 'open') continue
        return access === 'offline' ? { wait: 'offline' } : 'sign_in'
      }
      const step = await digest(sent, pulls, answer, signal)
      if (step !== 'more') return step
    }
  }

  async function digest(sent: Outgoing, pulls: boolean, answer: Exchange, signal: AbortSignal): Promise<Step> {
    switch (answer.at) {
      case 'answered': {
        const { receipts, forked, restored, pageTaken } = await applyAnswer(db, sent, pulls, answer.response, clock)
        if (forked) {
          session.demand('fork')
          return 'fork'
        }
        if (restored) return 'more'
        plan = afterAnswer(plan, sent.batch)
        if (receipts > 0) tidyAt = 0
        pulledAll = pageTaken && !answer.response.more
        // Mutations without a result were contended: again, but not at once.
        if (sent.batch.length > 0 && receipts === 0) return { wait: 'busy' }
        attempt = 0
        return 'more'
      }
      case 'sign_in':
        session.demand('sign_in')
        return 'sign_in'
      case 'password_due':
        session.demand('password_due')
        return 'password_due'
      case 'update':
        if (isTooOld) return 'update'
        isTooOld = true // pushing stays open
        return 'more'
      case 'wait': return { wait: 'busy', seconds: answer.seconds }
      case 'too_large': return await cure(sent)
      case 'malformed':
      case 'unknown': {
        const failure = afterFailure(plan, sent.batch)
        plan = failure.plan
        const why = answer.at === 'unknown' ? 'offline' : 'busy'
        if (!failure.suspicious) return { wait: why }
        const probe = await host.exchange(envelope({ ...sent, batch: [] }, undefined), signal)
        return probe.at === 'answered' ? await cure(sent) : { wait: why }
      }
    }
  }

  /** Sends less, or differently: the server answers everything but this batch. */
  async function cure(sent: Outgoing): Promise<Step> {
    const found = remedy(plan, sent.batch)
    if (found === undefined) return { wait: 'busy' }
    plan = found.plan
    if (found.at === 'opaque') await db.outbox.update(found.row.seq, { opaque: true })
    if (found.at === 'park') await db.outbox.update(found.row.seq, { notBefore: clock.now() + parkedFor, code: 'unsendable' })
    return 'more'
  }

  return {
    status: shallowReadonly(status),
    kick,
    stop() {
      isStopped = true
      current?.abort()
      clearTimeout(timer)
    },
  }
}

/** Says whether an occasion ends a pause. Space may have been freed; a release too old to be told documents still pushes. */
function goesOn(why: Extract<SyncStatus, { at: 'paused' }>['why'], occasion: Occasion): boolean {
  return occasion === 'resume' || why === 'storage' || (why === 'update' && occasion === 'news')
}

function envelope(sent: Outgoing, cursor: Cursor | undefined) {
  const { device, epoch, acked, batch } = sent
  return { device, epoch, acked, push: batch.map(wireText), ...(cursor !== undefined && { cursor }) }
}
