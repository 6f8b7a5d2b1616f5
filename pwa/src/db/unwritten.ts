import { readonly, type ShallowRef, shallowRef } from 'vue'
import { StorageError, type StorageFault } from './durable'

const fault = shallowRef<StorageFault>()

/** What kept the phone from writing something nobody else tells about: a tap, not a form, which says it beside its own content. */
export const unwritten: Readonly<ShallowRef<StorageFault | undefined>> = readonly(fault)

/** Takes an error no page dealt with. Returns false if it is not about writing. */
export function noteUnwritten(cause: unknown): boolean {
  if (!(cause instanceof StorageError)) return false
  fault.value = cause.fault
  return true
}

export function forgetUnwritten(): void {
  fault.value = undefined
}
