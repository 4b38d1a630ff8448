import type { Coroutine, Future as LoopFuture } from '@spindle/loop'
import { expectTypeOf } from 'vitest'
import {
  asCompleted,
  type Executor,
  type Future,
  type LoopHandle,
  ProcessPoolExecutor,
  Queue,
  runCoroutineThreadsafe,
  runInExecutor,
  setDefaultExecutor,
  ThreadPoolExecutor,
  Timer,
  toThread,
  wait,
} from '../index.ts'

declare function add(a: number, b?: number): number
declare function pair(a: number, b: string): Promise<string>
declare function work(ms: number): Coroutine<boolean>
declare function prepare(name: string): void
declare const executor: Executor
declare const handle: LoopHandle

expectTypeOf(executor.submit(add, 1)).toEqualTypeOf<Future<number>>()
expectTypeOf(executor.submit(pair, 1, 'a')).toEqualTypeOf<Future<string>>()
expectTypeOf(executor.submit(work, 1)).toEqualTypeOf<Future<boolean>>()
expectTypeOf(executor.submit(add, 1).result()).toEqualTypeOf<number>()
expectTypeOf(await executor.submit(pair, 1, 'a')).toEqualTypeOf<string>()
// @ts-expect-error: pair() needs a string
executor.submit(pair, 1)
// @ts-expect-error: one too many
executor.submit(add, 1, 2, 3)

expectTypeOf([...executor.map(add, [1, 2])]).toEqualTypeOf<number[]>()
executor.map(add, [1], new Set([2]), { timeout: 10, chunkSize: 5 })
executor.map(add, [1], { bufferSize: 2 })
expectTypeOf([...executor.map(pair, [1], ['a'])]).toEqualTypeOf<string[]>()
// @ts-expect-error: numbers are no strings
executor.map(pair, [1], [2])
// @ts-expect-error: one iterable is missing
executor.map(pair, [1])
// @ts-expect-error: there is no such option
executor.map(add, [1], { chunks: 5 })

new ThreadPoolExecutor(2, { initializer: prepare, initArgs: ['a'], threadNamePrefix: 'factory', graceTime: 100 })
new ProcessPoolExecutor(2, { initializer: prepare, initArgs: ['a'], maxTasksPerChild: 3 })
// @ts-expect-error: a number is no name
new ThreadPoolExecutor(2, { initializer: prepare, initArgs: [1] })

setDefaultExecutor(new ThreadPoolExecutor(2, { initializer: prepare, initArgs: ['name'] }))
// @ts-expect-error: a pool of processes can't be the default
setDefaultExecutor(new ProcessPoolExecutor(1))

function* main(): Coroutine<void> {
  expectTypeOf(yield* executor.submit(add, 1)).toEqualTypeOf<number>()
  expectTypeOf(yield* toThread(pair, 1, 'a')).toEqualTypeOf<string>()
  expectTypeOf(runInExecutor(executor, work, 1)).toEqualTypeOf<LoopFuture<boolean>>()
}
void main

const { done, pending } = wait([executor.submit(add, 1)])
expectTypeOf(done).toEqualTypeOf<Set<Future<number>>>()
expectTypeOf(pending).toEqualTypeOf<Set<Future<number>>>()
for (const future of asCompleted([executor.submit(add, 1)])) expectTypeOf(future).toEqualTypeOf<Future<number>>()
for await (const { future } of asCompleted([executor.submit(add, 1)])) {
  expectTypeOf(future).toEqualTypeOf<Future<number>>()
}

expectTypeOf(runCoroutineThreadsafe(handle, work, 1)).toEqualTypeOf<Future<boolean>>()
// @ts-expect-error: what is no coroutine can't be run on a loop
runCoroutineThreadsafe(handle, pair, 1, 'a')

expectTypeOf(new Queue<string>().get()).toEqualTypeOf<string>()
new Timer(10, pair, [1, 'a'])
// @ts-expect-error: pair() needs a string
new Timer(10, pair, [1])
