import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const engine = new URL('../../../sync/engine/testdata/', import.meta.url)

/** The cases of sync/engine/testdata/`folder`, which Go runs too. `T` is what their author wrote them as. */
export function vectors<T>(folder: string): T[] {
  const path = fileURLToPath(new URL(`${folder}/`, engine))
  return readdirSync(path).sort().flatMap(file => JSON.parse(readFileSync(path + file, 'utf8')) as T[])
}
