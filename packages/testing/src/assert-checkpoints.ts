import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { nameOf } from '@spindle/loop/internal'

/**
 * Runs a block, and fails if it has not let the loop run anything else meanwhile: where it cannot be cancelled, and
 * others cannot run, it blocks them. An error of the block goes first. Trio: `trio.testing.assert_checkpoints`.
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
 * Runs a block, and fails if it has let the loop run anything else meanwhile: what it changes, others could see half
 * done. Trio: `trio.testing.assert_no_checkpoints`.
 * @throws Error if the block has waited
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
      ? `${name} was to let the loop run, and never waited`
      : `${name} was not to let the loop run, and has waited`,
  )
}
