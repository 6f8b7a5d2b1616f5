import { computed, type ComputedRef } from 'vue'
import { DeviceDatabase } from '@/db/device'
import type { UserDatabase } from '@/db/schema'
import type { UserID } from '@/wire/generated'
import { browserFetch, createSession, type SessionKeeper, type SessionState } from './session'

const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('zoufang-session') : undefined

const device = new DeviceDatabase()

/** The session of this tab. `main.ts` calls `session.start()` before the router decides where to go. */
export const session: SessionKeeper = createSession({
  device,
  fetch: browserFetch,
  now: () => Date.now(),
  deviceName: () => deviceName(navigator.userAgent),
  announce: () => { channel?.postMessage('changed') },
})

if (channel !== undefined) channel.onmessage = () => { void session.start() }

export interface UseSessionReturn extends Omit<SessionKeeper, 'state' | 'start'> {
  readonly state: ComputedRef<SessionState>
  /** The signed-in person's id and database; undefined while nobody is signed in. */
  readonly user: ComputedRef<UserID | undefined>
  readonly db: ComputedRef<UserDatabase | undefined>
}

export function useSession(): UseSessionReturn {
  const state = computed(() => session.state.value)
  return {
    ...session,
    state,
    user: computed(() => (state.value.at === 'signed_in' ? state.value.user : undefined)),
    db: computed(() => (state.value.at === 'signed_in' ? state.value.db : undefined)),
  }
}

/** Somebody who signed in on this phone before. */
export interface KnownPerson { readonly username: string, readonly name: string }

/** Who signed in on this phone, whoever did so last first; nobody if the browser keeps nothing. */
export async function knownPeople(): Promise<KnownPerson[]> {
  const users = await device.users.toArray().catch(() => []) // storage is blocked: as on a new phone
  return users.sort((a, b) => b.usedAt - a.usedAt).map(({ username, session: { name } }) => ({ username, name }))
}

/** What a person will recognise in a list of devices: "Chrome · Android". */
export function deviceName(agent: string): string {
  const pick = (names: readonly (readonly [RegExp, string])[], otherwise: string) => names.find(([pattern]) => pattern.test(agent))?.[1] ?? otherwise
  const browser = pick([[/MicroMessenger/, 'WeChat'], [/Edg/, 'Edge'], [/Firefox/, 'Firefox'], [/Chrome/, 'Chrome'], [/Safari/, 'Safari']], 'Web')
  const system = pick([[/HarmonyOS/, 'HarmonyOS'], [/Android/, 'Android'], [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Windows/, 'Windows'], [/Mac OS/, 'Mac'], [/Linux/, 'Linux']], '?')
  return `${browser} · ${system}`
}
