import type { Translation } from '../message'
import type { queue as source } from '../zh-CN/queue'

export const queue = {
  'queue.check': 'Compare with the server',
  'queue.empty': 'Everything is confirmed. Nothing is waiting.',
  'queue.export': 'Export unsent',
  'queue.log': 'Transfer log',
  'queue.nextIn': { one: 'next try in {n} second', other: 'next try in {n} seconds' },
  'queue.now': 'Send now',
  'queue.title': 'Transfer',
  'queue.waiting': 'Waiting for network',
  'queue.why.session': 'Sign in again to go on sending; the records are on this phone',
} satisfies Translation<typeof source>
