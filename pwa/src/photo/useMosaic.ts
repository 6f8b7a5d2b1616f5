import { computed, readonly, ref, type Ref, shallowRef, type ShallowRef } from 'vue'
import { along, nudge, type Stroke } from './mosaic'

/** Radius of the circle as part of the longer side of the photo. */
export const BRUSHES = { small: 0.03, medium: 0.06, large: 0.12 } as const
export type Brush = keyof typeof BRUSHES

/** How far one press of an arrow key moves the circle, as part of the longer side; with Shift a fifth of it. */
const STEP = 0.025

type Point = Pick<Stroke, 'x' | 'y'>

export interface Mosaic {
  readonly brush: Ref<Brush>
  /** Everything covered so far, in the order it was covered. */
  readonly strokes: Readonly<Ref<readonly Stroke[]>>
  /** How many taps, rubs and stamps that was. */
  readonly marked: Readonly<Ref<number>>
  /** The circle that the keyboard moves. */
  readonly cursor: Readonly<ShallowRef<Point>>
  /** A finger or mouse comes down, moves (ignored unless it is down) and leaves; points are parts (0–1) of width and height. */
  down: (point: Point) => void
  move: (point: Point) => void
  up: () => void
  /** Arrow keys move the circle, Enter and space cover what is under it. False if `key` means nothing here. */
  press: (key: string, fine: boolean) => boolean
  undo: () => void
}

/** What has been covered on a photo of `aspect` (width divided by height), one step of undo per gesture. */
export function useMosaic(aspect: () => number): Mosaic {
  const brush = ref<Brush>('medium')
  const gestures = shallowRef<readonly (readonly Stroke[])[]>([])
  const cursor = shallowRef<Point>({ x: 0.5, y: 0.5 })
  let last: Stroke | undefined

  const radius = () => BRUSHES[brush.value]

  function begin(point: Point): Stroke {
    const stroke = { x: point.x, y: point.y, r: radius() }
    gestures.value = [...gestures.value, [stroke]]
    return stroke
  }

  function shift(dx: number, dy: number, fine: boolean): void {
    const step = fine ? STEP / 5 : STEP
    const { x, y } = nudge({ ...cursor.value, r: radius() }, dx * step, dy * step, aspect())
    cursor.value = { x, y }
  }

  return {
    brush,
    strokes: computed(() => gestures.value.flat()),
    marked: computed(() => gestures.value.length),
    cursor: readonly(cursor),

    down(point) {
      last = begin(point)
      cursor.value = point
    },

    move(point) {
      if (last === undefined) return
      const next = { x: point.x, y: point.y, r: last.r }
      const gesture = gestures.value.at(-1) ?? []
      gestures.value = [...gestures.value.slice(0, -1), [...gesture, ...along(last, next, aspect())]]
      last = next
      cursor.value = point
    },

    up() {
      last = undefined
    },

    press(key, fine) {
      switch (key) {
        case 'ArrowLeft': shift(-1, 0, fine); return true
        case 'ArrowRight': shift(1, 0, fine); return true
        case 'ArrowUp': shift(0, -1, fine); return true
        case 'ArrowDown': shift(0, 1, fine); return true
        case 'Enter':
        case ' ': begin(cursor.value); return true
        default: return false
      }
    },

    undo() {
      last = undefined
      gestures.value = gestures.value.slice(0, -1)
    },
  }
}
