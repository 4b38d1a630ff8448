import { currentTimers } from './host-timers.ts'

/**
 * Calls `callback` after `delay` ms if the program is still running. Unlike a timer of a loop, it neither keeps the
 * process alive nor hides a deadlock. It does not fire while the thread is blocked.
 */
export function startIdleTimer(delay: number, callback: () => void): { cancel(): void } {
  const timer = currentTimers.setTimeout(callback, delay)
  timer.unref?.()
  return { cancel: () => currentTimers.clearTimeout(timer) }
}
