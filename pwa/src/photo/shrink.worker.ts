import { develop } from './develop'
import type { Reply } from './job'
import { isJob } from './job'
import type { PhotoFailure } from './photo'
import { PhotoError } from './photo'
import { openOffscreen } from './surface'

const post = (reply: Reply, transfer: Transferable[] = []) => { postMessage(reply, { transfer }) }

addEventListener('message', (event: MessageEvent<unknown>) => {
  if (isJob(event.data)) void develop(event.data, openOffscreen).then(
    photo => { post({ at: 'done', photo }, [photo.bytes, photo.thumb]) },
    (cause: unknown) => { post({ at: 'failed', failure: failureOf(cause) }) },
  )
})

post({ at: 'ready' })

function failureOf(cause: unknown): PhotoFailure {
  return cause instanceof PhotoError ? cause.failure : { kind: 'no_memory' }
}
