import { readonly, type ShallowRef, shallowRef } from 'vue'

interface InstallPrompt extends Event { prompt(): Promise<unknown> }

const isPrompt = (event: Event): event is InstallPrompt => 'prompt' in event && typeof event.prompt === 'function'
const kept = shallowRef<InstallPrompt>()
const canInstall = shallowRef(false)

/** Keeps the browser's offer to install, which comes once and early. Call once at start. */
export function watchInstall(target: EventTarget): void {
  target.addEventListener('beforeinstallprompt', (event) => {
    if (!isPrompt(event)) return
    event.preventDefault()
    kept.value = event
    canInstall.value = true
  })
  target.addEventListener('appinstalled', () => { forget() })
}

/** `canInstall`: the browser offers it. `install` shows the browser's own question; an offer is good for one question. */
export function useInstall(): { readonly canInstall: Readonly<ShallowRef<boolean>>, readonly install: () => Promise<void> } {
  return {
    canInstall: readonly(canInstall),
    async install() {
      const offer = kept.value
      forget()
      await offer?.prompt()
    },
  }
}

function forget(): void {
  kept.value = undefined
  canInstall.value = false
}

/** Opened from the home screen or as an app of its own. */
export function isStandalone(): boolean {
  return matchMedia('(display-mode: standalone)').matches || ('standalone' in navigator && navigator.standalone === true)
}

const hintKey = 'zf.inAppHint'

/** The hint to open a real browser: `shown` inside other apps, until the person closes it for this session. */
export function useInAppHint(): { readonly shown: Readonly<ShallowRef<boolean>>, readonly close: () => void } {
  const shown = shallowRef(isInAppBrowser(navigator.userAgent) && readSession(hintKey) === null)
  return {
    shown: readonly(shown),
    close() {
      shown.value = false
      try {
        sessionStorage.setItem(hintKey, 'closed')
      } catch {
        return // storage is blocked: it comes again with the next reload
      }
    },
  }
}

function readSession(key: string): string | null {
  try {
    return sessionStorage.getItem(key)
  } catch {
    return null // storage is blocked
  }
}

/** A browser inside another app (WeChat, DingTalk …): no way onto the home screen, and on iPhones no cold start offline. For help texts only. */
export function isInAppBrowser(agent: string): boolean {
  return /MicroMessenger|DingTalk|wxwork|Lark|Feishu|AlipayClient|Weibo|\bQQ\/|aweme|BytedanceWebview/i.test(agent)
}
