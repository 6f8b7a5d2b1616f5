/** A text with `{name}` placeholders; with plural forms, `{n}` decides which. */
export type Message = string | { readonly one: string; readonly other: string }

export type Params = Readonly<Record<string, string | number>>

/** Exactly the keys of the source dictionary `T`, each written in another language. */
export type Translation<T> = Readonly<Record<keyof T, Message>>

/** Fills the placeholders of `message`. A placeholder without a parameter stays visible, so that it is noticed. */
export function format(message: Message, language: string, params: Params = {}): string {
  return pick(message, language, params).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name]
    return value === undefined ? whole : String(value)
  })
}

function pick(message: Message, language: string, params: Params): string {
  if (typeof message === 'string') return message
  const form = new Intl.PluralRules(language).select(Number(params['n'] ?? 0))
  return form === 'one' ? message.one : message.other
}
