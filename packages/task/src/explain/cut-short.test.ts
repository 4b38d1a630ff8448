import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { wait } from '../combinators/wait.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { resource } from '../scopes/resource.ts'
import { timeout } from '../scopes/timeout.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { createTask } from '../tasks/ensure-future.ts'

/** Cancels it after 5, 15 and 25 ms, and returns what debug mode reports. */
function* reported(work: () => Coroutine<unknown>): Coroutine<string[]> {
  const loop = getRunningLoop()
  const reports: string[] = []
  loop.setDebug(true)
  loop.setExceptionHandler((_loop, { message }) => reports.push(message))
  const task = createTask(work(), { name: 'worker' })
  for (let n = 0; n < 3; n++) {
    yield* sleep(n === 0 ? 5 : 10)
    task.cancel()
  }
  yield* wait([task])
  loop.setDebug(false)
  loop.setExceptionHandler(undefined)
  return reports
}

function* close(): Coroutine<void> {
  yield* sleep(20)
}

const wrapped = coroutine(close)

function* cleaning(): Coroutine<void> {
  try {
    yield* sleep(1)
  } finally {
    yield* wrapped()
  }
}

const between = coroutine(function* between(): Coroutine<void> {
  yield* cleaning()
})

describe('a clean-up that a cancellation cuts short', () => {
  const cut: [string, () => Coroutine<unknown>][] = [
    [
      'of work that is done',
      function* () {
        try {
          yield* sleep(1)
        } finally {
          yield* close()
        }
      },
    ],
    [
      'of work that was cancelled before',
      function* () {
        try {
          yield* sleep(1000)
        } finally {
          yield* wrapped()
        }
      },
    ],
    ['inside of other coroutines', () => timeout(10, between)],
  ]
  it.each(cut)('%s is named in debug mode, with its line', function* (_what, work) {
    expect(yield* reported(work)).toEqual([
      expect.stringMatching(
        /^Task 'worker' was cancelled while a `finally` waited at \S*cut-short\.test\.ts:(?:39|55|65): the rest of it is skipped\. Protect/,
      ),
    ])
  })

  const whole: [string, () => Coroutine<unknown>][] = [
    [
      'is protected',
      function* () {
        try {
          yield* sleep(1)
        } finally {
          yield* uncancellable(close)
        }
      },
    ],
    [
      'is protected up to its own limit',
      function* () {
        try {
          yield* sleep(1)
        } finally {
          try {
            yield* uncancellable(close, { timeout: 15 })
          } catch {}
        }
      },
    ],
    [
      'is that of a resource',
      () =>
        resource(
          () => sleep(1),
          () => sleep(20),
          () => sleep(1000),
        ),
    ],
    [
      'has not begun',
      function* () {
        try {
          yield* sleep(1000)
        } finally {
          getRunningLoop()
        }
      },
    ],
  ]
  it.each(whole)('is not reported of a `finally` that %s', function* (_what, work) {
    expect(yield* reported(work)).toEqual([])
  })
})
