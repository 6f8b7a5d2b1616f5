/** One round trip of the protocol. What came back is judged here; what to do about it is the loop's. */
import type { Cursor, DeviceID, Epoch, SyncResponse } from '@/wire/generated'
import { MaxPullDocuments, Schema } from '@/wire/generated'
import { asProblem, asSyncResponse, parseJSON } from '@/wire/guards'
import { stopIfAborted } from './abort'

export interface Envelope {
  readonly device: DeviceID
  readonly epoch: Epoch
  readonly acked: number
  /** Mutations as they lie in the queue: they go into the body byte for byte. */
  readonly push: readonly string[]
  /** Where to go on pulling; absent: push only. */
  readonly cursor?: Cursor
}

export type Exchange =
  | { readonly at: 'answered', readonly response: SyncResponse }
  /** 401, and 403 for a cookie of another device: the session has to be renewed or entered again. */
  | { readonly at: 'sign_in' }
  | { readonly at: 'password_due' }
  | { readonly at: 'too_large' }
  /** 426: this release is too old to be told documents; pushing stays open. */
  | { readonly at: 'update' }
  /** 429, 503, 507: our server asks for patience, s. */
  | { readonly at: 'wait', readonly seconds: number }
  /** 400: our server cannot read what was sent. */
  | { readonly at: 'malformed' }
  /** Nobody knows what became of it: no network, a cut or foreign answer, a fault of the server. Send the same again. */
  | { readonly at: 'unknown' }

/** Sends one request. Never rejects, but for an abort by `signal`. */
export type Transport = (envelope: Envelope, signal: AbortSignal) => Promise<Exchange>

/** Silence after which a connection is given up, ms; and the slowest uplink we wait for, bytes per ms. */
const silence = 20_000
const slowest = 4

export function createTransport(send: typeof fetch = (input, init) => fetch(input, init)): Transport {
  return async (envelope, signal) => {
    stopIfAborted(signal)
    const body = bodyOf(envelope)
    const abort = new AbortController()
    const cancel = () => { abort.abort() }
    signal.addEventListener('abort', cancel)
    let timer = setTimeout(cancel, silence + body.length / slowest)
    try {
      const response = await send('/api/v1/sync', {
        method: 'POST', credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal: abort.signal,
        headers: { 'Zoufang': '1', 'Content-Type': 'application/json' }, body,
      })
      const text = await readText(response, () => {
        clearTimeout(timer)
        timer = setTimeout(cancel, silence)
      })
      return judge(response, text)
    } catch {
      stopIfAborted(signal)
      return { at: 'unknown' }
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    }
  }
}

/** The body: an envelope around row texts, which are spliced in and never parsed and written again. */
export function bodyOf({ device, epoch, acked, push, cursor }: Envelope): string {
  const head = JSON.stringify({ device, schema: Schema, epoch, acked })
  const pull = cursor === undefined ? '' : `,"pull":${JSON.stringify({ cursor, limit: MaxPullDocuments })}`
  return `${head.slice(0, -1)},"push":[${push.join(',')}]${pull}}`
}

async function readText(response: Response, heard: () => void): Promise<string> {
  heard()
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    heard()
    text += decoder.decode(value, { stream: true })
  }
}

/** Only an answer with our header and our JSON is an answer: a captive portal says 200 as well. */
function judge(response: Response, text: string): Exchange {
  if (response.headers.get('Zoufang') !== '1') return { at: 'unknown' }
  const body = parseJSON(text)
  if (response.status === 200) {
    const answer = asSyncResponse(body)
    return answer === undefined ? { at: 'unknown' } : { at: 'answered', response: answer }
  }
  const problem = asProblem(body)
  if (problem === undefined) return { at: 'unknown' }
  switch (response.status) {
    case 400: return { at: 'malformed' }
    case 401: return { at: 'sign_in' }
    case 403: return problem.code === 'password_due' ? { at: 'password_due' } : problem.code === 'forbidden' ? { at: 'sign_in' } : { at: 'unknown' }
    case 413: return { at: 'too_large' }
    case 426: return { at: 'update' }
    case 429:
    case 503:
    case 507: return { at: 'wait', seconds: Number(response.headers.get('Retry-After')) || 5 }
    default: return { at: 'unknown' }
  }
}
