import type { Coroutine } from '@spindle/loop'
import { expectTypeOf } from 'vitest'
import {
  type Barrier,
  type Condition,
  createTask,
  type Event,
  forEach,
  gather,
  LifoQueue,
  type Lock,
  PriorityQueue,
  Queue,
  type Semaphore,
  type Task,
} from '../index.ts'

declare const lock: Lock
declare const semaphore: Semaphore
declare const event: Event
declare const condition: Condition
declare const barrier: Barrier
declare const queue: Queue<string>

export function* results(): Coroutine<void> {
  expectTypeOf(yield* lock.acquire()).toEqualTypeOf<Disposable>()
  expectTypeOf(yield* semaphore.acquire()).toEqualTypeOf<Disposable>()
  expectTypeOf(yield* condition.acquire()).toEqualTypeOf<Disposable>()
  expectTypeOf(yield* event.wait()).toEqualTypeOf<true>()
  expectTypeOf(yield* condition.wait()).toEqualTypeOf<true>()
  expectTypeOf(yield* condition.waitFor(() => [1])).toEqualTypeOf<number[]>()
  expectTypeOf(yield* barrier.wait()).toEqualTypeOf<number>()
  expectTypeOf(yield* queue.get()).toEqualTypeOf<string>()
  expectTypeOf(yield* queue.put('item')).toEqualTypeOf<void>()
  expectTypeOf(yield* queue.join()).toEqualTypeOf<void>()
  expectTypeOf(createTask(queue.get())).toEqualTypeOf<Task<string>>()
  expectTypeOf(yield* gather([queue.get(), event.wait()])).toEqualTypeOf<[string, true]>()
  // @ts-expect-error: what is in the queue is text
  yield* queue.put(1)
  // @ts-expect-error: `yield*` is meant
  yield lock.acquire()
}

export function* items(): Coroutine<void> {
  yield* forEach(queue, function* (item) {
    expectTypeOf(item).toEqualTypeOf<string>()
  })
  yield* forEach(new Queue<Task<number>>(), function* (item) {
    expectTypeOf(item).toEqualTypeOf<Task<number>>()
  })
  yield* forEach([1, 2], function* (item) {
    expectTypeOf(item).toEqualTypeOf<number>()
    return item < 2
  })
  // @ts-expect-error: the block is a coroutine function
  yield* forEach([1, 2], (item) => item)
  // @ts-expect-error: a number is not iterable
  yield* forEach(42, function* () {})
}

export async function fromOutside(): Promise<void> {
  for await (const item of queue) expectTypeOf(item).toEqualTypeOf<string>()
  // JavaScript awaits what it is given; forEach does not.
  for await (const item of new Queue<Task<number>>()) expectTypeOf(item).toEqualTypeOf<number>()
}

expectTypeOf(new Queue<number>(1)).toExtend<Queue<number>>()
expectTypeOf(new LifoQueue<number>()).toExtend<Queue<number>>()
new PriorityQueue<{ urgency: number }>(0, { compare: (a, b) => a.urgency - b.urgency })
// @ts-expect-error: there is no urgency in a number
new PriorityQueue<number>(0, { compare: (a, b) => a.urgency - b.urgency })
