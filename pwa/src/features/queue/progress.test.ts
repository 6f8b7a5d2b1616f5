import { describe, expect, it } from 'vitest'
import type { SyncStatus } from '@/sync/loop'
import type { RecordState, VisitView } from '@/sync/visits'
import { nextWords, secondsUntil, sizeWords, statusWords } from './progress'

const now = 1_000_000
const item = (record: RecordState, nextAt = 0, bytesLeft = 0) => ({ view: { record } as VisitView, nextAt, bytesLeft })
const photos = { have: 1, want: 3 }
const offline: SyncStatus = { at: 'waiting', until: now + 19_200, why: 'offline' }

describe('the loop in words', () => {
  it.each<[SyncStatus, string]>([
    [{ at: 'idle' }, ''],
    [{ at: 'running', phase: 'photos' }, '正在传照片'],
    [offline, '等网络,20 秒后再试'],
    [{ at: 'waiting', until: now - 5, why: 'busy' }, '马上再试'],
    [{ at: 'paused', why: 'sign_in' }, '请重新登录,记录都在本机'],
  ])('%j', (status, words) => {
    expect(statusWords(status, now)).toBe(words)
  })
})

describe('what comes next for a visit', () => {
  it.each<[string, ReturnType<typeof item>, SyncStatus, string]>([
    ['just saved', item({ at: 'local', tried: false, photos }), { at: 'idle' }, '排着队,马上传'],
    ['offline', item({ at: 'local', tried: false, photos }), offline, '下次 20 秒后'],
    ['parked', item({ at: 'local', tried: true, photos }, now + 60_000), offline, '反复传不上去,先放一放,别的照常传 · 下次 60 秒后'],
    ['photos under way', item({ at: 'sent', photos }, now + 5_000, 640_000), { at: 'idle' }, '还有 640 KB · 下次 5 秒后'],
    ['photos of a colleague', item({ at: 'sent', photos }), { at: 'idle' }, '其余照片在拍照的那部手机上'],
    ['signed out', item({ at: 'local', tried: false, photos }), { at: 'paused', why: 'sign_in' }, ''],
  ])('%s', (_name, each, status, words) => {
    expect(nextWords(each, status, now)).toBe(words)
  })
})

it('counts whole seconds up and never below zero', () => {
  expect([secondsUntil(now + 1, now), secondsUntil(now + 1000, now), secondsUntil(now - 9, now)]).toEqual([1, 1, 0])
})

it.each([[0, '1 KB'], [320_400, '320 KB'], [1_440_000, '1.4 MB']])('%d bytes are %s', (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words)
})
