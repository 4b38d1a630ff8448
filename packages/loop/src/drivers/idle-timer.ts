/**
 * Calls `callback` after `delay` ms, if the program still runs then: unlike a timer of a loop it keeps neither the
 * process alive nor a deadlock from being found. It does not come while the thread is blocked.
 */
export function startIdleTimer(delay: number, callback: () => void): { cancel(): void } {
  const timer = host.setTimeout(callback, delay) as { unref?(): void }
  timer.unref?.()
  return { cancel: () => host.clearTimeout(timer) }
}

const host = globalThis as unknown as {
  setTimeout(callback: () => void, delay: number): unknown
  clearTimeout(timer: unknown): void
}
