import type { Coroutine } from '@spindle/loop'
import { createTask, sleep } from '@spindle/task'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { type Executor, ThreadPoolExecutor } from '../index.ts'
import { BEGUN, deaf, ENDED, obedient } from './cancelled-calls.fixture.ts'

/** Cancels a Task that awaits the call, once that has begun, and tells how far the call was when the Task ended. */
function* cancelled(executor: Executor, fn: (state: Int32Array) => void): Coroutine<number> {
  const state = new Int32Array(new SharedArrayBuffer(4))
  const task = createTask(
    (function* waits(): Coroutine<void> {
      yield* executor.submit(fn, state)
    })(),
  )
  while (Atomics.load(state, 0) < BEGUN) yield* sleep(1)
  task.cancel()
  while (!task.done()) yield* sleep(1)
  expect(task.cancelled()).toBe(true)
  return Atomics.load(state, 0)
}

describe('a coroutine that is cancelled while it awaits a call', () => {
  it(
    'is told when the function has stopped',
    function* () {
      using executor = new ThreadPoolExecutor(1)
      expect(yield* cancelled(executor, obedient)).toBe(ENDED)
    },
    { realTime: true },
  )

  it(
    'is told when the worker of a function that does not stop was ended',
    function* () {
      using executor = new ThreadPoolExecutor(1)
      const ended: (string | undefined)[] = []
      executor.events.on('worker:ended', ({ how }) => ended.push(how))
      yield* cancelled(executor.with({ graceTime: 20 }), deaf)
      expect(ended).toEqual(['it has not stopped within its grace time'])
    },
    { realTime: true },
  )

  it(
    'is told at once with abandonOnCancel',
    function* () {
      const executor = new ThreadPoolExecutor(1)
      expect(yield* cancelled(executor.with({ abandonOnCancel: true }), deaf)).toBe(BEGUN)
      expect(executor.stats()).toMatchObject({ workers: 1, running: 1 })
      executor.terminate()
    },
    { realTime: true },
  )
})
