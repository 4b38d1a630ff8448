import type { Coroutine, Future } from '@spindle/loop'
import { expectTypeOf } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { createTask } from '../tasks/ensure-future.ts'
import type { Task } from '../tasks/task-class.ts'
import { asCompleted } from './as-completed.ts'
import { forEach } from './for-each.ts'

export function* plain(): Coroutine<void> {
  for (const next of asCompleted([sleep(1, 'a'), sleep(1, 'b')])) expectTypeOf(yield* next).toEqualTypeOf<string>()
}

export function* each(): Coroutine<void> {
  yield* forEach(asCompleted([createTask(sleep(1, 'a'))]), function* (task) {
    expectTypeOf(task).toEqualTypeOf<Task<string>>()
  })
  yield* forEach(asCompleted([sleep(1, 'a'), sleep(1, 'b')]), function* (future) {
    expectTypeOf(future).toEqualTypeOf<Future<string>>()
  })
}

export async function outside(): Promise<void> {
  for await (const { future } of asCompleted([createTask(sleep(1, 'a'))])) {
    expectTypeOf(future).toEqualTypeOf<Task<string>>()
  }
}

export function wrong(): void {
  // @ts-expect-error: nothing to wait for
  asCompleted([5])
  // @ts-expect-error: no list
  asCompleted(createTask(sleep(1)))
}
