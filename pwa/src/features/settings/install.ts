/** How somebody gets the app onto the home screen. For help texts only: nothing works differently. */
export type InstallWay =
  | { readonly at: 'installed' }
  /** Inside another app: open it in the browser first. */
  | { readonly at: 'in_app' }
  /** The browser asks. */
  | { readonly at: 'prompt' }
  | { readonly at: 'ios' }
  /** On an iPhone the copy on the home screen has a storage of its own: what is not sent would seem lost. */
  | { readonly at: 'ios_unsent', readonly n: number }
  /** By the browser's menu. */
  | { readonly at: 'menu' }

export interface InstallFacts {
  readonly standalone: boolean
  readonly inApp: boolean
  readonly ios: boolean
  readonly canPrompt: boolean
  /** Records, photos and drafts that are only here. */
  readonly unsent: number
}

export function installWay({ standalone, inApp, ios, canPrompt, unsent }: InstallFacts): InstallWay {
  if (standalone) return { at: 'installed' }
  if (ios && unsent > 0) return { at: 'ios_unsent', n: unsent }
  if (inApp) return { at: 'in_app' }
  if (ios) return { at: 'ios' }
  return { at: canPrompt ? 'prompt' : 'menu' }
}

/** An iPhone or iPad; newer iPads say they are a Mac, but no Mac has a touch screen. */
export function isIOS(agent: string, touchPoints: number): boolean {
  return /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)
}
