/** Throws why `signal` was aborted, if it was. `AbortSignal.throwIfAborted` is younger (Chrome 100) than web views still in use. */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError')
}
