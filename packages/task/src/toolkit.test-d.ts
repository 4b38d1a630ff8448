import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { expectTypeOf } from 'vitest'
import { gatherMap } from './combinators/gather-map.ts'
import { shield } from './combinators/shield.ts'
import { wait } from './combinators/wait.ts'
import { waitFor } from './combinators/wait-for.ts'
import { sleep } from './coroutines/sleep.ts'
import { abortable, withAbortSignal } from './scopes/abort-signal.ts'
import { taskGroup } from './scopes/task-group.ts'
import { moveOnAfter, timeout, timeoutAt } from './scopes/timeout.ts'
import { uncancellable } from './scopes/uncancellable.ts'
import { createTask } from './tasks/ensure-future.ts'
import type { Task } from './tasks/task-class.ts'

// What a block returns is what one gets.
export function* results(): Coroutine<void> {
  const text = yield* timeout(500, function* (scope) {
    expectTypeOf(scope.when()).toEqualTypeOf<number | undefined>()
    yield* sleep(1)
    return 'text'
  })
  expectTypeOf(text).toEqualTypeOf<string>()
  expectTypeOf(yield* timeoutAt(undefined, () => sleep(1, 2))).toEqualTypeOf<number>()
  expectTypeOf(yield* moveOnAfter(5, () => sleep(1, 2))).toEqualTypeOf<number | undefined>()
  expectTypeOf(yield* uncancellable(() => createTask(sleep(1, 2)))).toEqualTypeOf<number>()
  expectTypeOf(yield* abortable(AbortSignal.timeout(5), () => sleep(1, 2))).toEqualTypeOf<number>()
  const tasks = yield* taskGroup(function* (group) {
    const number = group.createTask(sleep(1, 1))
    const string = group.createTask(sleep(1, 'a'))
    return { number, string }
  })
  expectTypeOf(tasks).toEqualTypeOf<{ number: Task<number>; string: Task<string> }>()
  const [first, second] = yield* taskGroup(function* (group) {
    return [group.createTask(sleep(1, 1)), group.createTask(sleep(1, 'a'))]
  })
  expectTypeOf(first).toEqualTypeOf<Task<number>>()
  expectTypeOf(second).toEqualTypeOf<Task<string>>()
}

export function* waiting(): Coroutine<void> {
  const future = getRunningLoop().createFuture<number>()
  expectTypeOf(yield* waitFor(future, 5)).toEqualTypeOf<number>()
  expectTypeOf(yield* waitFor(Promise.resolve('a'), undefined)).toEqualTypeOf<string>()
  expectTypeOf(yield* shield(sleep(1, 'a'))).toEqualTypeOf<string>()
  const { done, pending } = yield* wait([createTask(sleep(1, 'a'))])
  expectTypeOf(done).toEqualTypeOf<Set<Task<string>>>()
  expectTypeOf(pending).toEqualTypeOf<Set<Task<string>>>()
  expectTypeOf(yield* gatherMap([1, 2], (n, i) => sleep(n, `${i}`))).toEqualTypeOf<string[]>()
  expectTypeOf(yield* gatherMap(['a'], () => sleep(1, 2), { returnExceptions: true })).toEqualTypeOf<
    (number | Error)[]
  >()
  expectTypeOf(yield* taskGroup((group) => void group.createTask(sleep(1)))).toEqualTypeOf<void>()
  expectTypeOf(yield* taskGroup(() => sleep(1, 'slept'))).toEqualTypeOf<string>()
  yield* withAbortSignal((signal) => {
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>() // the platform's, to hand to fetch
    return sleep(1)
  })
}

export function* wrong(): Coroutine<void> {
  // @ts-expect-error: a block, not a coroutine
  yield* timeout(500, sleep(1))
  // @ts-expect-error: not async
  yield* taskGroup(async () => {})
  // @ts-expect-error: Tasks, not coroutines
  yield* wait([sleep(1)])
  // @ts-expect-error: a list
  yield* wait(createTask(sleep(1)))
  // @ts-expect-error: one of three
  yield* wait([createTask(sleep(1))], { returnWhen: 'FIRST' })
  // @ts-expect-error: nothing to wait for
  yield* waitFor(5, 5)
}
