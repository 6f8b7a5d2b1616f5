import { expect, test } from 'vitest'
import { StorageError } from '@/db/durable'
import type { ShrunkPhoto } from './photo'
import type { Darkroom } from './shrink'
import { usePhoto } from './usePhoto'

const photo: ShrunkPhoto = { bytes: new ArrayBuffer(1), width: 1, height: 1, sha256: '0'.repeat(64), thumb: new ArrayBuffer(1) }
const darkroom: Darkroom = { shrink: () => Promise.resolve(photo), mosaic: () => Promise.resolve(photo) }

test('a covered photo the phone had no room for is told, not passed over', async () => {
  const taker = usePhoto({ taken: () => 1, save: () => Promise.resolve(true) }, darkroom)
  expect(await taker.mosaic(photo.bytes, [], () => Promise.reject(new StorageError('full')))).toBe(false)
  expect(taker.problems.value).toMatchObject([{ why: { kind: 'no_space' } }])
  expect(await taker.mosaic(photo.bytes, [], () => Promise.resolve())).toBe(true)
  expect(taker.work.value).toEqual({ at: 'idle' })
})
