/** The texts of the mutations in a sync request as they were sent, byte for byte: what a server hashes. */
export function pushedTexts(body: string): string[] {
  const start = body.indexOf('"push":[') + '"push":['.length
  const texts: string[] = []
  let depth = 0
  let inString = false
  let from = start
  for (let i = start; i < body.length; i++) {
    const c = body[i]
    if (inString) {
      if (c === '\\') i++
      else if (c === '"') inString = false
    } else if (c === '"') inString = true
    else if (c === '{') {
      if (depth++ === 0) from = i
    } else if (c === '}') {
      if (--depth === 0) texts.push(body.slice(from, i + 1))
    } else if (c === ']' && depth === 0) return texts
  }
  return texts
}
