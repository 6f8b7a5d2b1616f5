import { expect, test } from 'vitest'
import { StorageError } from './durable'
import { forgetUnwritten, noteUnwritten, unwritten } from './unwritten'

test('a tap that could not be written is told until it is put away; other errors are not ours', () => {
  expect(noteUnwritten(new TypeError('x'))).toBe(false)
  expect(unwritten.value).toBeUndefined()
  expect(noteUnwritten(new StorageError('full'))).toBe(true)
  expect(unwritten.value).toBe('full')
  forgetUnwritten()
  expect(unwritten.value).toBeUndefined()
})
