/** One thing to choose. Values are unique within a group. */
export interface Choice<T extends string> {
  readonly value: T
  readonly label: string
  /** A second line or a reason, in smaller type. */
  readonly note?: string
  readonly disabled?: boolean
}

/** Choices under one heading, such as the buildings of a campus. */
export interface ChoiceSection<T extends string> {
  readonly heading: string
  readonly choices: readonly Choice<T>[]
}
