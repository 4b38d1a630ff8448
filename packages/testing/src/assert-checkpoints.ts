import { type Coroutine, getRunningLoop } from 'spindle'
import { nameOf } from 'spindle/internal'

/**
 * Runs a block, and fails if the block did not let the loop run anything else: a block that cannot be cancelled and
 * does not let other Tasks run blocks them. An error thrown by the block takes precedence. Trio:
 * `trio.testing.assert_checkpoints`.
 * @throws Error if the block never waited
 *
 * @example
 * ```ts
 * await inVirtualTime(function* () {
 *   yield* assertCheckpoints(() => sleep(0))
 *   yield* assertNoCheckpoints(() => new Lock().acquire())
 * })()
 * ```
 */
export function assertCheckpoints<T>(block: () => Coroutine<T>): Coroutine<T> {
  return checkingBlock(block, true)
}

/**
 * Runs a block, and fails if the block let the loop run anything else: other Tasks could see its changes half done.
 * Trio: `trio.testing.assert_no_checkpoints`.
 * @throws Error if the block waited
 */
export function assertNoCheckpoints<T>(block: () => Coroutine<T>): Coroutine<T> {
  return checkingBlock(block, false)
}

function* checkingBlock<T>(block: () => Coroutine<T>, mustWait: boolean): Coroutine<T> {
  let hasWaited = false
  const handle = getRunningLoop().callSoon(() => {
    hasWaited = true
  })
  let result: T
  try {
    result = yield* block()
  } finally {
    handle.cancel()
  }
  if (hasWaited === mustWait) return result
  const name = nameOf(block) || 'the block'
  throw new Error(
    mustWait
      ? `${name} was expected to let the loop run, but never waited`
      : `${name} was expected not to let the loop run, but waited`,
  )
}
