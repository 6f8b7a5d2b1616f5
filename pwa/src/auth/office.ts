/**
 * What the office and a new school ask of the server. These need the network, unlike everything a cadre does: each answers
 * what came back, and `unknown` when nobody knows.
 */
import type { AccountInfo, Code, Import, ImportFault, ImportReport, Login, ServerInfo, Setup, UserID } from '@/wire/generated'
import { asProblem, asServerInfo } from '@/wire/guards'
import { asAccounts, asFaults, asImportReport, asLogin } from './guards'
import type { Answer } from './session'
import { session } from './useSession'

/** An answer with a body of type T. `detail` names what is at fault, for choosing words; `faults` are those of an import. */
export type Told<T> =
  | { readonly at: 'ok', readonly body: T }
  | { readonly at: 'problem', readonly code: Code, readonly detail: string, readonly retryAfter: number, readonly faults: readonly ImportFault[] }
  | { readonly at: 'unknown' }

/** What the server tells anybody; undefined if it cannot be reached. */
export async function serverInfo(): Promise<ServerInfo | undefined> {
  const answer = await session.call('GET', '/api/v1/server')
  return answer.at === 'ok' ? asServerInfo(answer.body) : undefined
}

/** Makes the school and its first administrator; sign in afterwards. Codes: credentials (wrong code), conflict (there is a school), unprocessable, too_many. */
export async function setUp(setup: Setup): Promise<Told<true>> {
  return told(await session.call('POST', '/api/v1/setup', setup), () => true as const)
}

/** Checks or imports CSV texts. Only administrators; unprocessable carries every fault, and nothing was changed. Repeating it doubles nothing. */
export async function importFiles(files: Import): Promise<Told<ImportReport>> {
  return told(await session.call('POST', '/api/v1/import', files), asImportReport)
}

/** All accounts, in official order. Only administrators. */
export async function listAccounts(): Promise<Told<readonly AccountInfo[]>> {
  return told(await session.call('GET', '/api/v1/accounts'), asAccounts)
}

/** Gives somebody a one-time password, told once, and ends their sessions. Only administrators. */
export async function resetPassword(user: UserID): Promise<Told<Login>> {
  return told(await session.call('POST', `/api/v1/accounts/${encodeURIComponent(user)}/password`), asLogin)
}

function told<T>(answer: Answer, as: (body: unknown) => T | undefined): Told<T> {
  switch (answer.at) {
    case 'unknown': return answer
    case 'ok': {
      const body = as(answer.body)
      return body === undefined ? { at: 'unknown' } : { at: 'ok', body }
    }
    case 'problem': {
      const problem = asProblem(answer.body)
      return { at: 'problem', code: answer.code, detail: problem?.detail ?? '', retryAfter: answer.retryAfter, faults: asFaults(problem?.faults) }
    }
  }
}
