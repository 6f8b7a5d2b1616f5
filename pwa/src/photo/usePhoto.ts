import { readonly, shallowRef, type ShallowRef } from 'vue'
import { updates } from '@/sw/useUpdate'
import { plausible } from './exif'
import type { Stroke } from './mosaic'
import type { PhotoSource, ShrunkPhoto } from './photo'
import { MAX_PHOTOS } from './photo'
import { type PhotoProblem, TakenAlready, troubleOf } from './problem'
import { createDarkroom, type Darkroom } from './shrink'

/** A developed photo and where it came from: what a visit's manifest needs. */
export type NewPhoto = ShrunkPhoto & { source: PhotoSource }

/** `left` counts pictures not yet saved, the one being worked on included. */
export type PhotoWork = { at: 'idle' } | { at: 'working', left: number }

export interface PhotoOptions {
  /** How many photos the visit holds now. */
  taken(): number
  /**
   * Stores one photo durably; false if the visit holds this very picture already. A rejection is shown as a problem.
   * Called one after another, in the order picked, also after the screen has gone.
   */
  save(photo: NewPhoto): Promise<boolean>
  /** Lines to burn into a photo, asked once per photo; none by default. */
  watermark?: () => readonly string[]
}

export interface PhotoTaker {
  readonly work: Readonly<ShallowRef<PhotoWork>>
  readonly problems: Readonly<ShallowRef<readonly PhotoProblem[]>>
  /** Develops and saves what was picked, as far as the visit has room. Resolves when all are saved or reported; never rejects. */
  take: (files: readonly File[], source: PhotoSource) => Promise<void>
  /** Makes areas of a stored photo unrecognisable and has `keep` store the result; false if either failed (then it is among the problems) or was cancelled. */
  mosaic: (bytes: ArrayBuffer, strokes: readonly Stroke[], keep: (photo: ShrunkPhoto) => Promise<void>) => Promise<boolean>
  dismiss: (problem: PhotoProblem) => void
  /** Drops what is still being worked on: the visit was thrown away. */
  cancel: () => void
}

/** One for the page, like the database handle: two pictures decoded at once are what kills a phone with little memory. */
const sharedDarkroom = createDarkroom()

/**
 * Takes photos for one visit. Work goes on when the component unmounts: 保存 does not wait for photos, they follow.
 * A new version of the app is held off meanwhile.
 */
export function usePhoto(options: PhotoOptions, darkroom: Darkroom = sharedDarkroom): PhotoTaker {
  const work = shallowRef<PhotoWork>({ at: 'idle' })
  const problems = shallowRef<readonly PhotoProblem[]>([])
  let left = 0
  let lastProblem = 0
  let cancelling = new AbortController()
  let turn: Promise<void> = Promise.resolve()

  function count(change: number): void {
    left += change
    work.value = left === 0 ? { at: 'idle' } : { at: 'working', left }
  }

  async function guarded(nth: number, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (cause) {
      if (!signal.aborted) problems.value = [...problems.value, { id: ++lastProblem, nth, why: troubleOf(cause) }]
    } finally {
      count(-1)
    }
  }

  async function takeOne(file: File, source: PhotoSource, signal: AbortSignal): Promise<void> {
    const { takenAt, ...photo } = await darkroom.shrink(file, signal, options.watermark?.())
    if (signal.aborted) return
    const saved = await options.save({ ...photo, source, ...(takenAt !== undefined && plausible(takenAt, Date.now()) && { takenAt }) })
    if (!saved) throw new TakenAlready()
  }

  /** Runs `act` after all that came before it, the app's update held off. */
  async function inTurn(act: () => Promise<void>): Promise<void> {
    const release = updates.busy()
    turn = turn.then(act).finally(release)
    await turn
  }

  return {
    work: readonly(work),
    problems: readonly(problems),

    async take(files, source) {
      const { signal } = cancelling
      const room = Math.max(0, MAX_PHOTOS - options.taken() - left)
      const accepted = files.slice(0, room)
      if (files.length > room) problems.value = [...problems.value, { id: ++lastProblem, surplus: files.length - room }]
      count(accepted.length)
      await inTurn(async () => {
        for (const [i, file] of accepted.entries()) await guarded(i + 1, signal, () => takeOne(file, source, signal))
      })
    },

    async mosaic(bytes, strokes, keep) {
      const { signal } = cancelling
      let isKept = false
      count(1)
      await inTurn(() => guarded(1, signal, async () => {
        await keep(await darkroom.mosaic(bytes, strokes, signal))
        isKept = true
      }))
      return isKept
    },

    dismiss(problem) {
      problems.value = problems.value.filter(({ id }) => id !== problem.id)
    },

    cancel() {
      cancelling.abort()
      cancelling = new AbortController()
    },
  }
}
