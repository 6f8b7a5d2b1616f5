import type { Job } from './develop'
import { develop } from './develop'
import type { Reply } from './job'
import { isReply } from './job'
import type { Stroke } from './mosaic'
import type { ShrunkPhoto } from './photo'
import { PhotoError } from './photo'
import { hasOffscreen, openOnPage } from './surface'

/** A worker holds some ten MB after a photo; this long without work, ms, and it goes. */
const IDLE_MS = 10_000
/** The slowest phone we know needs 4 s for 12 MP; after this, ms, a worker is stuck or swapping. */
const STUCK_MS = 60_000

export interface Darkroom {
  /** Develops a file from camera or album; `watermark` lines are burnt in, top to bottom. Rejects with `PhotoError` or the reason of the abort. */
  shrink(file: Blob, signal: AbortSignal, watermark?: readonly string[]): Promise<ShrunkPhoto>
  /** Makes areas of an already shrunk photo unrecognisable for good: new bytes, hash and thumbnail. Rejects like `shrink`. */
  mosaic(bytes: ArrayBuffer, strokes: readonly Stroke[], signal: AbortSignal): Promise<ShrunkPhoto>
}

/** Returns a queue that develops one photo at a time: two decoded at once are what kills a page on a 2 GB phone. */
export function createDarkroom(): Darkroom {
  const bench = hasOffscreen() ? workerBench() : developOnPage
  let last: Promise<unknown> = Promise.resolve()

  function enqueue(job: Job, signal: AbortSignal): Promise<ShrunkPhoto> {
    const turn = last.then(() => {
      if (signal.aborted) throw reasonOf(signal)
      return bench(job, signal)
    })
    last = turn.catch(() => undefined) // its caller hears of it; the next in the queue does not care
    return turn
  }

  return {
    shrink: (file, signal, watermark = []) => enqueue({ file, strokes: [], watermark }, signal),
    mosaic: (bytes, strokes, signal) => enqueue({ file: new Blob([bytes], { type: 'image/jpeg' }), strokes, watermark: [] }, signal),
  }
}

type Bench = (job: Job, signal: AbortSignal) => Promise<ShrunkPhoto>

async function developOnPage(job: Job, signal: AbortSignal): Promise<ShrunkPhoto> {
  const photo = await develop(job, openOnPage)
  if (signal.aborted) throw reasonOf(signal)
  return photo
}

type Answer = Exclude<Reply, { at: 'ready' }> | { at: 'unloaded' }

interface Hand { worker: Worker, ready: boolean }

/** Returns a bench with one worker, started when needed. Without a service worker its script may be out of reach offline: then the page does the work. */
function workerBench(): Bench {
  let hand: Hand | undefined
  let idle: ReturnType<typeof setTimeout> | undefined

  const stop = () => {
    hand?.worker.terminate()
    hand = undefined
  }

  return async (job, signal) => {
    clearTimeout(idle)
    hand ??= startWorker()
    try {
      const answer = await ask(hand, job, signal)
      switch (answer.at) {
        case 'done': return answer.photo
        case 'failed': throw new PhotoError(answer.failure)
        case 'unloaded':
          stop()
          return await developOnPage(job, signal)
      }
    } catch (cause) {
      if (signal.aborted || (cause instanceof PhotoError && cause.failure.kind === 'no_memory')) stop()
      throw cause
    } finally {
      idle = setTimeout(stop, IDLE_MS)
    }
  }
}

function startWorker(): Hand {
  return { worker: new Worker(new URL('./shrink.worker.ts', import.meta.url), { type: 'module', name: 'photo' }), ready: false }
}

/** Resolves with the worker's answer to `job`, or with `unloaded` if its script never arrived. Stop the worker after a rejection. */
function ask(hand: Hand, job: Job, signal: AbortSignal): Promise<Answer> {
  const listening = new AbortController()
  return new Promise<Answer>((resolve, reject) => {
    const until = { signal: listening.signal }
    const stuck = setTimeout(() => { reject(new PhotoError({ kind: 'no_memory' })) }, STUCK_MS)
    listening.signal.addEventListener('abort', () => { clearTimeout(stuck) })
    signal.addEventListener('abort', () => { reject(reasonOf(signal)) }, until)
    hand.worker.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (!isReply(event.data)) return
      if (event.data.at === 'ready') hand.ready = true
      else resolve(event.data)
    }, until)
    hand.worker.addEventListener('error', () => {
      if (hand.ready) reject(new PhotoError({ kind: 'no_memory' }))
      else resolve({ at: 'unloaded' })
    }, until)
    hand.worker.postMessage(job)
  }).finally(() => { listening.abort() })
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError')
}
