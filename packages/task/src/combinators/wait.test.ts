import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { thrown } from '../outcome.fixture.ts'
import { createTask } from '../tasks/ensure-future.ts'
import type { Task } from '../tasks/task-class.ts'
import { wait } from './wait.ts'

describe('wait', () => {
  it(
    'refuses an empty list, what is no list, coroutines, and anything else',
    function* () {
      const task = createTask(sleep(10))
      expect(yield* thrown(wait([]))).toEqual(new RangeError('Set of Tasks/Futures is empty.'))
      expect(yield* thrown(wait([task], { returnWhen: -1 as never }))).toEqual(
        new RangeError('Invalid return_when value: -1'),
      )
      expect(String(yield* thrown(wait(task as never)))).toMatch(/^TypeError: expect a list of futures, not <Task /)
      expect(yield* thrown(wait(undefined as never))).toEqual(new TypeError('expect a list of futures, not undefined'))
      expect(String(yield* thrown(wait(sleep(1) as never)))).toMatch(/^TypeError: expect a list of futures, not /)
      function* work(): Coroutine<void> {
        yield* sleep(1)
      }
      expect(String(yield* thrown(wait(work() as never)))).toBe('TypeError: expect a list of futures, not a coroutine')
      expect(yield* thrown(wait([task, sleep(1) as never]))).toEqual(
        new TypeError('Passing coroutines is forbidden, use tasks explicitly.'),
      )
      expect(String(yield* thrown(wait([5 as never])))).toBe(
        'TypeError: wait() takes Tasks and Futures, got 5. Make one of it with ensureFuture()',
      )
      expect(yield* thrown(wait([task], { timeout: Number.NaN }))).toEqual(
        new RangeError('Invalid timeout: NaN (not a number)'),
      )
      expect(yield* thrown(wait([task], { timeout: '5' as never }))).toEqual(
        new TypeError("timeout must be a number of milliseconds, got '5'"),
      )
      task.cancel()
    },
    { allow: { coroutines: 'they are refused' } },
  )

  it('takes an iterator of Tasks, and a generator that makes them', function* () {
    const tasks = [named('one', sleep(10)), named('two', sleep(20))]
    const { done } = yield* wait(tasks.values())
    expect(names(done)).toBe('one two')
    function* making(): Generator<Task> {
      for (let n = 0; n < 10; n++) yield createTask(sleep(n))
    }
    expect((yield* wait(making())).done.size).toBe(10)
  })

  it('has ten thousand wait for one Future, and take themselves off again, in no time', function* () {
    const future = getRunningLoop().createFuture<void>()
    const waiting = Array.from({ length: 10_000 }, () => createTask(wait([future])))
    yield* sleep(0)
    expect(future.waiting()).toHaveLength(10_000)
    for (const task of waiting) task.cancel()
    yield* wait(waiting)
    expect(future.waiting()).toEqual([])
  })
})

function named(name: string, coroutine: Coroutine<unknown>): Task {
  return createTask(coroutine, { name })
}

function names(tasks: ReadonlySet<Task>): string {
  return [...tasks].map((task) => task.getName()).join(' ')
}
