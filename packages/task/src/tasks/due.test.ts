import { CancelledError, type Coroutine } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { outcome } from '../outcome.fixture.ts'
import { run } from '../run/run.ts'
import { runSync } from '../run/runner.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { checkpoint, due } from './due.ts'
import { createTask } from './ensure-future.ts'
import type { Task } from './task-class.ts'

/** Computes until a callback of the host was called. */
function* computing(isOver: () => boolean): Coroutine<number> {
  let turns = 0
  while (!isOver()) {
    if (!due()) continue
    turns++
    yield* sleep(0)
  }
  return turns
}

describe('due', () => {
  it('is true when the Task has kept the thread for a while, and the host gets its turn then', async () => {
    let isOver = false
    setTimeout(() => {
      isOver = true
    }, 5)
    expect(await run(computing(() => isOver))).toBeGreaterThan(0)
  })

  it('gives other Tasks a turn, in a blocking run as well', () => {
    const log: string[] = []
    function* main(): Coroutine<void> {
      let isOver = false
      const other = createTask(function* () {
        log.push('the other')
        isOver = true
      })
      yield* computing(() => isOver)
      yield* other
    }
    runSync(main())
    expect(log).toEqual(['the other'])
  })

  it('is true when a cancellation is pending', function* () {
    const log: string[] = []
    const task: Task = createTask(function* () {
      log.push(`before: ${due()}`)
      yield* uncancellable(() => sleep(10))
      log.push(`pending: ${due()}`)
      yield* checkpoint()
      log.push('not reached')
    })
    yield* sleep(5)
    task.cancel()
    expect(yield* outcome(task)).toBeInstanceOf(CancelledError)
    expect(log).toEqual(['before: false', 'pending: true'])
  })

  it('is false outside of a loop', () => {
    expect(due()).toBe(false)
  })

  it('makes a loop of uncancellable blocks cancellable, by checkpoint()', function* () {
    const task = createTask(function* () {
      for (;;) {
        yield* uncancellable(() => sleep(1))
        yield* checkpoint()
      }
    })
    yield* sleep(5)
    task.cancel()
    expect(yield* outcome(task)).toBeInstanceOf(CancelledError)
  })
})
