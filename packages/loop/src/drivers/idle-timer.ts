/**
 * Calls `callback` after `delay` ms if the program is still running. Unlike a timer of a loop, it neither keeps the
 * process alive nor hides a deadlock. It does not fire while the thread is blocked.
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
