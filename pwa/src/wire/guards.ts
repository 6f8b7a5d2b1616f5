/**
 * Looks at everything that comes from outside before the rest of the app believes it: answers of the network, rows an
 * older release wrote, messages of other tabs. The one place (with other guards) where a value is given its type.
 */
import type {
  Code, Cursor, DeviceID, DocID, Document, Epoch, Hash, Mutation, PersonFields, PlaceFields, ProblemDetails, ServerInfo, Session,
  SyncResponse, TermFields, UnitFields, UserID, VisitFields,
} from './generated'

export type Fields = Readonly<Record<string, unknown>>

/** Says whether `value` is an object with keys (no array, not null). */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses JSON; undefined for what is none. */
export function parseJSON(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

// Constructors of brands. Their argument comes from a checked place: an answer that passed its guard, a new UUID, a row key.
export const docID = (text: string): DocID => text as DocID
export const userID = (text: string): UserID => text as UserID
export const deviceID = (text: string): DeviceID => text as DeviceID
/** The hash the darkroom computed: 64 lower-case hex digits. */
export const photoHash = (hex: string): Hash => hex as Hash
export const noCursor = '' as Cursor
export const noEpoch = '' as Epoch
/** A person is a document: the same id, seen as the other. */
export const personOf = (user: UserID): DocID => user as string as DocID
export const userOf = (person: DocID): UserID => person as string as UserID

/** The document in `value`, or undefined. */
export function asDocument(value: unknown): Document | undefined {
  return isDocument(value) ? value : undefined
}

export function isDocument(value: unknown): value is Document {
  return isRecord(value)
    && typeof value['kind'] === 'string' && typeof value['id'] === 'string' && isCount(value['rev'])
    && isRecord(value['fields']) && isRecord(value['marks']) && isRecord(value['applied'])
    && Array.isArray(value['conflicts']) && typeof value['deleted'] === 'boolean'
    && typeof value['createdAt'] === 'string' && typeof value['updatedAt'] === 'string'
}

/** The answer of POST /api/v1/sync, or undefined if anything the phone acts on is missing or of another type. */
export function asSyncResponse(value: unknown): SyncResponse | undefined {
  if (!isRecord(value)) return undefined
  const sound = typeof value['epoch'] === 'string' && typeof value['cursor'] === 'string' && typeof value['more'] === 'boolean'
    && typeof value['horizon'] === 'string' && isCount(value['serverTime']) && isOptional(value['reset'], 'string')
    && isListOf(value['results'], isResult) && isListOf(value['documents'], isDocument) && isListOf(value['removed'], isRemoval)
    && isRecord(value['device']) && isCount(value['device']['upTo']) && isListOf(value['device']['missing'], isRange)
  return sound ? value as unknown as SyncResponse : undefined
}

const outcomes: ReadonlySet<unknown> = new Set(['applied', 'merged', 'held', 'refused', 'fork'])

function isResult(value: unknown): boolean {
  return isRecord(value) && isCount(value['seq']) && outcomes.has(value['outcome']) && isOptional(value['code'], 'string')
    && isOptional(value['detail'], 'string') && (value['document'] === undefined || isDocument(value['document']))
}

function isRemoval(value: unknown): boolean {
  return isRecord(value) && typeof value['id'] === 'string' && isCount(value['rev'])
}

function isRange(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isCount)
}

/** The session in an answer of sign-in, refresh or GET /me, or undefined. */
export function asSession(value: unknown): Session | undefined {
  if (!isRecord(value)) return undefined
  const texts = ['user', 'school', 'schoolName', 'username', 'name', 'post', 'role', 'device']
  const sound = texts.every(key => typeof value[key] === 'string') && typeof value['admin'] === 'boolean'
    && typeof value['passwordDue'] === 'boolean' && isCount(value['expiresAt']) && Array.isArray(value['proxyFor'])
  return sound ? value as unknown as Session : undefined
}

export function asServerInfo(value: unknown): ServerInfo | undefined {
  return isRecord(value) && typeof value['setup'] === 'boolean' && typeof value['schoolName'] === 'string'
    ? value as unknown as ServerInfo
    : undefined
}

/** The error body of our server, or undefined. */
export function asProblem(value: unknown): ProblemDetails | undefined {
  return isRecord(value) && typeof value['code'] === 'string' && typeof value['status'] === 'number'
    ? value as unknown as ProblemDetails
    : undefined
}

/** The mutation in a queue row. Rows are written by this app only, but by any of its releases. */
export function asMutation(bytes: string): Mutation | undefined {
  const value = parseJSON(bytes)
  return isRecord(value) && typeof value['device'] === 'string' && isCount(value['seq']) ? value as unknown as Mutation : undefined
}

/** The fields of a visit. Administrators see visits of others without summary, photos and the group's name. */
export function asVisit(fields: Fields): VisitFields | undefined {
  const { when, where, group } = fields
  const sound = typeof fields['author'] === 'string' && typeof fields['mode'] === 'string' && typeof fields['form'] === 'string'
    && isRecord(when) && typeof when['start'] === 'string' && isRecord(where) && typeof where['name'] === 'string' && isRecord(group)
  return sound ? fields as unknown as VisitFields : undefined
}

export function asPlace(fields: Fields): PlaceFields | undefined {
  return hasNameAndOrder(fields) ? fields as unknown as PlaceFields : undefined
}

export function asPerson(fields: Fields): PersonFields | undefined {
  return hasNameAndOrder(fields) ? fields as unknown as PersonFields : undefined
}

export function asUnit(fields: Fields): UnitFields | undefined {
  return hasNameAndOrder(fields) ? fields as unknown as UnitFields : undefined
}

export function asTerm(fields: Fields): TermFields | undefined {
  const sound = typeof fields['name'] === 'string' && typeof fields['start'] === 'string' && isCount(fields['weeks'])
  return sound ? fields as unknown as TermFields : undefined
}

/** A code of ours, whatever the server's release; words for unknown ones are the dictionary's fallback. */
export const asCode = (text: string): Code => text as Code

function hasNameAndOrder(fields: Fields): boolean {
  return typeof fields['name'] === 'string' && typeof fields['order'] === 'number'
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type
}

function isListOf(value: unknown, check: (element: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(check)
}
