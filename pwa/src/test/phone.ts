import { adoptDevice } from '@/db/adopt'
import type { Clock } from '@/db/clock'
import { addPhoto } from '@/db/drafts'
import { newID } from '@/db/id'
import { type NewVisit, saveVisit } from '@/db/save'
import { UserDatabase } from '@/db/schema'
import { createUploader } from '@/photo/upload'
import { createLoop, type Loop } from '@/sync/loop'
import { createTransport } from '@/sync/transport'
import type { DeviceID, DocID, Hash } from '@/wire/generated'
import type { ModelServer } from './server'

/** A phone (or a tab of one) against a model server. `reopen` is a crash: only the database survives. */
export class Phone {
  db: UserDatabase
  loop: Loop
  access: 'open' | 'sign_in' | 'offline' = 'open'
  demanded: string[] = []
  clock: Clock
  renewals = 0

  constructor(readonly server: ModelServer, readonly tab: string = 'tab-1') {
    this.clock = { now: () => server.now, monotonic: () => 0, boot: tab }
    this.db = new UserDatabase(server.user)
    this.loop = this.start()
  }

  static async open(server: ModelServer, tab?: string): Promise<Phone> {
    const phone = new Phone(server, tab)
    await adoptDevice(phone.db, server.device as DeviceID, server.now)
    return phone
  }

  private start(): Loop {
    const { db, clock, server } = this
    const session = {
      refresh: (force?: boolean) => {
        if (force === true) this.renewals++
        return Promise.resolve(force === true && !server.signedIn ? 'sign_in' as const : this.access)
      },
      demand: (access: string) => { this.demanded.push(access) },
    }
    const uploader = createUploader({ db, session, now: () => server.now, fetch: server.fetch, random: () => 0 })
    return createLoop({ db, session, exchange: createTransport(server.fetch), clock, random: () => 0, tab: this.tab, uploader: () => Promise.resolve(uploader) })
  }

  reopen(): void {
    this.loop.stop()
    this.db.close()
    this.db = new UserDatabase(this.server.user)
    this.loop = this.start()
  }

  async save(summary = '', photos = 0): Promise<DocID> {
    const id = newID(this.server.now)
    for (let i = 0; i < photos; i++) await this.takePhoto(id)
    await saveVisit(this.db, id, aVisit(summary), this.clock)
    return id
  }

  async takePhoto(doc: DocID, size = 150_000): Promise<DocID> {
    const bytes = crypto.getRandomValues(new Uint8Array(65_536))
    const data = new Uint8Array(size).map((_, i) => bytes[i % bytes.length] ?? 0)
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data))
    const sha256 = Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('') as Hash
    const id = newID(this.server.now)
    await addPhoto(this.db, doc, {
      manifest: { id, sha256, bytes: size, width: 1600, height: 1200, takenAt: '2026-11-23T01:00:00Z', source: 'camera' },
      bytes: data.buffer, thumb: new ArrayBuffer(100),
    })
    return id
  }

  /** Works until the loop rests, a few times over: what waits for time gets it. */
  async settle(rounds = 3): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      await this.loop.kick('resume')
      this.server.now += 10 * 60_000
    }
  }
}

export function aVisit(summary = ''): NewVisit {
  return {
    author: '01980000-0000-7000-8000-00000000000a' as NewVisit['author'],
    when: { start: '2026-11-23T01:30:00Z', minutes: 30 },
    where: { place: '' as DocID, name: '梧桐苑5栋', venue: 'dorm' },
    mode: 'face_to_face', form: 'visit', group: { kind: 'dorm', name: '' }, talked: 9, raised: false,
    ...(summary !== '' && { summary }),
  }
}
