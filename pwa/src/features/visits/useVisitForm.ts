import { onScopeDispose, readonly, shallowRef, type ShallowRef, watch } from 'vue'
import { useSession } from '@/auth/useSession'
import { dropDraft, putDraft, readDraft } from '@/db/drafts'
import { StorageError, type StorageFault } from '@/db/durable'
import { command, saveEdit, saveVisit } from '@/db/save'
import type { UserDatabase } from '@/db/schema'
import { updates } from '@/sw/useUpdate'
import { loadVisit, type VisitView } from '@/sync/visits'
import type { DocID, UserID, Where } from '@/wire/generated'
import { editOf, emptyForm, formOf, type Missing, missingIn, newVisitOf, type Prefilled, readForm, type VisitForm } from './form'
import { countFor, defaultsFor } from './prefill'

/** opening: being read · open · elsewhere: already saved (`new`), or not known here (`edit`): this form has no business. */
export type FormPhase = 'opening' | 'open' | 'elsewhere'

/** What saving came to. `fault`: nothing was written and the form is untouched. */
export type SaveOutcome =
  | { readonly at: 'saved' }
  | { readonly at: 'unchanged' }
  | { readonly at: 'missing', readonly what: Missing }
  | { readonly at: 'fault', readonly fault: StorageFault }

/** Autosave waits this long after a change, ms. */
const pause = 300

export interface VisitFormKeeper {
  readonly phase: Readonly<ShallowRef<FormPhase>>
  /** Undefined until `phase` is open. */
  readonly form: Readonly<ShallowRef<VisitForm | undefined>>
  /** The visit being corrected. */
  readonly original: Readonly<ShallowRef<VisitView | undefined>>
  /** The phone holds a draft of this; every change follows within `pause`. False when it could not write: see `fault`. */
  readonly kept: Readonly<ShallowRef<boolean>>
  readonly fault: Readonly<ShallowRef<StorageFault | undefined>>
  readonly change: (part: Partial<VisitForm>, touched?: Prefilled) => void
  /** Chooses the place and fills in what usually happens there; `visits` are own ones, newest first. */
  readonly goTo: (where: Where, visits: readonly VisitView[]) => void
  /** Writes what has changed now. Never rejects: `fault` tells. */
  readonly flush: () => Promise<void>
  /** Writes the draft even if nothing has changed, before photos come into it. */
  readonly keep: () => Promise<void>
  readonly save: (photos: readonly DocID[]) => Promise<SaveOutcome>
  /** Takes a saved visit back: 撤销. */
  readonly unsave: () => Promise<void>
  /** Throws the form and its photos away. */
  readonly drop: () => Promise<void>
  /** Runs `act` alone among saving and photos. `isSaved` says whether the form was saved by then. */
  readonly inTurn: <T>(act: (db: UserDatabase, isSaved: boolean) => Promise<T>) => Promise<T>
  /** The revision a correction builds on. */
  readonly base: () => number
}

/** The form of one visit, kept as a draft on every change. It outlives its page: photos still being developed follow the save. */
export function useVisitForm(id: DocID, kind: 'new' | 'edit'): VisitFormKeeper {
  const { db, user } = useSession()
  const phase = shallowRef<FormPhase>('opening')
  const form = shallowRef<VisitForm>()
  const original = shallowRef<VisitView>()
  const kept = shallowRef(false)
  const fault = shallowRef<StorageFault>()
  /** Where this form is kept. Not `db`: another tab may sign in somebody else, to whom nothing of it must go. */
  let own: UserDatabase | undefined
  let base = 0
  let dirty = false
  let closed = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let turn: Promise<unknown> = Promise.resolve()

  async function open(database: UserDatabase, me: UserID): Promise<void> {
    own = database
    const draft = await readDraft(database, id)
    const visit = await loadVisit(database, id)
    if ((kind === 'new') !== (visit === undefined)) {
      phase.value = 'elsewhere'
      return
    }
    base = draft?.base ?? (visit === undefined ? 0 : Math.max(1, visit.rev))
    original.value = visit
    const fresh = visit === undefined ? emptyForm(me, new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString()) : formOf(visit)
    form.value = draft === undefined ? fresh : readForm(draft.form, fresh)
    kept.value = draft !== undefined
    phase.value = 'open'
  }

  function change(part: Partial<VisitForm>, touched?: Prefilled): void {
    if (form.value === undefined || closed) return
    const all = touched === undefined || form.value.touched.includes(touched) ? form.value.touched : [...form.value.touched, touched]
    form.value = { ...form.value, ...part, touched: all }
    dirty = true
    clearTimeout(timer)
    timer = setTimeout(() => { void flush() }, pause)
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    if (dirty) await write()
  }

  async function write(): Promise<void> {
    if (own === undefined || form.value === undefined || closed) return
    dirty = false
    try {
      await putDraft(own, id, base, form.value)
      kept.value = true
      fault.value = undefined
    } catch (cause) {
      dirty = true
      kept.value = false
      fault.value = faultOf(cause)
    }
  }

  function inTurn<T>(act: (database: UserDatabase, isSaved: boolean) => Promise<T>): Promise<T> {
    const next = turn.then(() => {
      if (own === undefined) throw new Error('the form is not open yet')
      if (own.released) throw new StorageError('outdated')
      return act(own, closed)
    })
    turn = next.catch(() => undefined) // whoever asked hears of it
    return next
  }

  async function save(photos: readonly DocID[]): Promise<SaveOutcome> {
    const now = Date.now()
    const wanted = form.value
    const what = wanted === undefined ? 'where' : missingIn(wanted, now)
    if (wanted === undefined || what !== null) return { at: 'missing', what: what ?? 'where' }
    const visit = newVisitOf(wanted, now)
    const edit = editOf(wanted, photos, now)
    if (wanted.seen !== null && edit === undefined) return { at: 'unchanged' }
    clearTimeout(timer)
    // What is being saved needs no draft: written after it, it would come back.
    dirty = false
    try {
      await inTurn(async (database, isSaved) => {
        if (isSaved) return // pressed twice
        if (edit !== undefined) await saveEdit(database, id, base, edit)
        else if (visit !== undefined) await saveVisit(database, id, visit)
        closed = true
      })
      return { at: 'saved' }
    } catch (cause) {
      dirty = true
      return { at: 'fault', fault: faultOf(cause) }
    }
  }

  const stopHolding = updates.beforeReload(flush)
  const onHide = (): void => { if (document.visibilityState === 'hidden') void flush() }
  const onLeave = (): void => { void flush() }
  document.addEventListener('visibilitychange', onHide)
  window.addEventListener('pagehide', onLeave)
  onScopeDispose(() => {
    void flush()
    stopHolding()
    document.removeEventListener('visibilitychange', onHide)
    window.removeEventListener('pagehide', onLeave)
  })

  // The session may still be opening when a killed page comes back to its form.
  watch([db, user], ([database, me]) => {
    if (database !== undefined && me !== undefined && phase.value === 'opening') void open(database, me).catch((cause: unknown) => { fault.value = faultOf(cause) })
  }, { immediate: true })

  return {
    phase: readonly(phase), form: readonly(form), original: readonly(original), kept: readonly(kept), fault: readonly(fault),
    change, flush, keep: write, save, inTurn,
    base: () => base,
    goTo(where, visits) {
      const { touched = [], seen } = form.value ?? {}
      const free = (name: Prefilled): boolean => seen === null && !touched.includes(name)
      const usual = defaultsFor(where, visits)
      change({
        where,
        ...(free('mode') && { mode: usual.mode }),
        ...(free('form') && { form: usual.form }),
        ...(free('group') && { group: usual.group }),
        ...(free('talked') && { talked: countFor(where, visits) }),
      })
    },
    unsave: () => inTurn(async (database) => { await command(database, id, base, { verb: 'delete' }) }),
    drop: () => inTurn(async (database) => {
      closed = true
      clearTimeout(timer)
      await dropDraft(database, id)
    }),
  }
}

/** What kept the phone from writing. Anything but full and outdated is mended by trying again. */
function faultOf(cause: unknown): StorageFault {
  return cause instanceof StorageError ? cause.fault : 'broken'
}
