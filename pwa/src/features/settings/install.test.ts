import { describe, expect, it } from 'vitest'
import { isInAppBrowser } from '@/sw/install'
import { installWay, isIOS } from './install'

const chrome = { standalone: false, inApp: false, ios: false, canPrompt: false, unsent: 0 }
const iphone = { ...chrome, ios: true }

describe('the way onto the home screen', () => {
  it.each([
    { name: 'is done when it stands there', facts: { ...iphone, standalone: true, unsent: 3 }, way: { at: 'installed' } },
    { name: 'is the browser’s own question where it has one', facts: { ...chrome, canPrompt: true }, way: { at: 'prompt' } },
    { name: 'is the menu elsewhere', facts: chrome, way: { at: 'menu' } },
    { name: 'is the share button on an iPhone', facts: iphone, way: { at: 'ios' } },
    { name: 'is closed on an iPhone while something is unsent', facts: { ...iphone, unsent: 2 }, way: { at: 'ios_unsent', n: 2 } },
    { name: 'is closed inside WeChat on an iPhone while something is unsent', facts: { ...iphone, inApp: true, unsent: 2 }, way: { at: 'ios_unsent', n: 2 } },
    { name: 'begins outside WeChat', facts: { ...chrome, inApp: true }, way: { at: 'in_app' } },
    { name: 'does not mind unsent records on Android', facts: { ...chrome, canPrompt: true, unsent: 5 }, way: { at: 'prompt' } },
  ])('$name', ({ facts, way }) => {
    expect(installWay(facts)).toEqual(way)
  })
})

describe('where the app runs', () => {
  it.each([
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.49', 5, true, true],
    ['Mozilla/5.0 (Linux; Android 13; V2183A) AppleWebKit/537.36 Chrome/116 Mobile Safari/537.36 XWEB/1160 MMWEBSDK MicroMessenger/8.0', 5, false, true],
    ['Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/99 Mobile Safari/537.36 AliApp(DingTalk/7.0.50)', 5, false, true],
    ['Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36', 5, false, false],
    ['Mozilla/5.0 (Linux; U; Android 11) AppleWebKit/537.36 MQQBrowser/14.2 Mobile Safari/537.36', 5, false, false],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15', 5, true, false],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15', 0, false, false],
  ])('%s', (agent, touchPoints, ios, inApp) => {
    expect(isIOS(agent, touchPoints)).toBe(ios)
    expect(isInAppBrowser(agent)).toBe(inApp)
  })
})
