import { type Coroutine, RuntimeError } from '@spindle/loop'
import { generatorLocation, printable } from '@spindle/loop/internal'

// Bare coroutines that were awaited, or taken by a Task.
const taken = new WeakSet<object>()

/** @throws RuntimeError if it was taken before */
export function checkNotTaken(coroutine: Coroutine<unknown>): void {
  if (!taken.has(coroutine)) return
  const name = printable(generatorLocation(coroutine)?.name || '<anonymous>')
  throw new RuntimeError(`cannot reuse already awaited coroutine <coroutine object ${name}>`)
}

export function noteTaken(coroutine: Coroutine<unknown>): void {
  taken.add(coroutine)
}

/** Called by a Task or a run that takes it. @throws RuntimeError if it was taken before */
export function takeCoroutine(coroutine: Coroutine<unknown>): void {
  checkNotTaken(coroutine)
  taken.add(coroutine)
}
