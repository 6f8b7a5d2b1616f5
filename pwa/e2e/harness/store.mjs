// Reads a phone's own databases from outside the app, as a detective would: what is really on its disk.

/** Everything in the database of every user, keyed by user id; bytes are told as { bytes, sha256 }. */
export async function databases(page) {
  return await page.evaluate(async () => {
    const found = {}
    for (const { name } of await indexedDB.databases()) {
      if (!name.startsWith('zoufang-')) continue
      const db = await new Promise((resolve, reject) => {
        const opening = indexedDB.open(name)
        opening.onsuccess = () => resolve(opening.result)
        opening.onerror = () => reject(opening.error)
      })
      const stores = {}
      for (const store of db.objectStoreNames) {
        const rows = await new Promise((resolve, reject) => {
          const asking = db.transaction(store).objectStore(store).getAll()
          asking.onsuccess = () => resolve(asking.result)
          asking.onerror = () => reject(asking.error)
        })
        stores[store] = await Promise.all(rows.map(told))
      }
      db.close()
      found[name] = stores
    }
    return found

    async function told(value) {
      if (value instanceof ArrayBuffer) {
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', value))
        return { bytes: value.byteLength, sha256: [...digest].map(byte => byte.toString(16).padStart(2, '0')).join('') }
      }
      if (value instanceof CryptoKey) return 'key'
      if (Array.isArray(value)) return await Promise.all(value.map(told))
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([key, inner]) => [key, await told(inner)])))
    }
  })
}

/** The database of who is signed in on this phone. */
export async function ownDatabase(page) {
  const all = await databases(page)
  const current = all['zoufang-device']?.facts.find(({ key }) => key === 'current')
  const own = all[`zoufang-${current?.user}`]
  if (own === undefined) throw new Error(`nobody is signed in on this phone; databases: ${Object.keys(all)}`)
  return { ...own, user: current.user }
}

/** What matters of it, in numbers. */
export async function tally(page) {
  const { outbox, attention, drafts, photos, photoBytes, documents, meta } = await ownDatabase(page)
  return {
    outbox: outbox.length, attention: attention.length, drafts: drafts.length,
    photos: photos.length, waiting: photos.filter(({ state }) => state === 'waiting').length, stored: photos.filter(({ state }) => state === 'stored').length,
    bytes: photoBytes.length, visits: documents.filter(({ kind }) => kind === 'visit').length,
    pulled: meta.some(({ key, complete }) => key === 'pull' && complete),
  }
}
