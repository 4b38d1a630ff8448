// What types catch, and what they infer. Compiled, not run.

import { type Awaitable, type Coroutine, type Future, getRunningLoop, type Suspension } from '@spindle/loop'
import { expectTypeOf } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { run } from '../run/run.ts'
import { Runner, runSync } from '../run/runner.ts'
import { allTasks, currentTask } from './current-task.ts'
import { createTask, ensureFuture } from './ensure-future.ts'
import { Task } from './task-class.ts'

function* child(): Coroutine<string> {
  return yield* sleep(1, 'slept')
}

function* number(): Coroutine<number> {
  return 42
}

class Store {
  @coroutine
  *load(name: string): Coroutine<string> {
    return yield* sleep(1, name)
  }
}

// What is inferred.

export function* results(): Coroutine<void> {
  const future = getRunningLoop().createFuture<boolean>()
  const promise = Promise.resolve(/x/)

  expectTypeOf(yield* future).toEqualTypeOf<boolean>()
  expectTypeOf(yield* child()).toEqualTypeOf<string>()
  expectTypeOf(yield* new Store().load('ann')).toEqualTypeOf<string>()
  expectTypeOf(yield* createTask(child())).toEqualTypeOf<string>()
  expectTypeOf(yield* ensureFuture(promise)).toEqualTypeOf<RegExp>()
  expectTypeOf(yield* ensureFuture(child())).toEqualTypeOf<string>()
  expectTypeOf(yield* ensureFuture(future)).toEqualTypeOf<boolean>()
  expectTypeOf(yield* sleep(1)).toEqualTypeOf<void>()
  expectTypeOf(yield* sleep(1, 'x' as string)).toEqualTypeOf<string>()

  const gathered = yield* gather([child(), number(), future, createTask(number()), promise])
  expectTypeOf(gathered).toEqualTypeOf<[string, number, boolean, number, RegExp]>()
  const [text, count] = gathered
  expectTypeOf(text).toEqualTypeOf<string>()
  expectTypeOf(count).toEqualTypeOf<number>()

  // What is expected of a list says nothing of what a sleep gives.
  const [, slept, two, task, ensured] = yield* gather([
    child(),
    sleep(1),
    sleep(1, 2),
    createTask(sleep(1)),
    ensureFuture(sleep(1)),
  ])
  expectTypeOf(slept).toEqualTypeOf<void>()
  expectTypeOf(two).toEqualTypeOf<number>()
  expectTypeOf(task).toEqualTypeOf<void>()
  expectTypeOf(ensured).toEqualTypeOf<void>()
  expectTypeOf(createTask(sleep(1))).toEqualTypeOf<Task<void>>()
  const either: Coroutine<string | number> = sleep(1, 'x')
  expectTypeOf(yield* either).toEqualTypeOf<string | number>()

  expectTypeOf(getRunningLoop().createTask(child())).toEqualTypeOf<Task<string>>()
  getRunningLoop().events.on('future:done', ({ wakes }) => expectTypeOf(wakes).toEqualTypeOf<readonly Task[]>())
  getRunningLoop().events.on('task:cancelling', ({ task, by }) => {
    expectTypeOf(task.getName()).toEqualTypeOf<string>()
    expectTypeOf(by?.cancelling()).toEqualTypeOf<number | undefined>()
  })

  expectTypeOf(yield* gather([child, number()])).toEqualTypeOf<[string, number]>()
  const list = [child(), child()]
  expectTypeOf(yield* gather(list)).toEqualTypeOf<string[]>()
  expectTypeOf(yield* gather(list.map((one) => createTask(one)))).toEqualTypeOf<string[]>()
  expectTypeOf(yield* gather([])).toEqualTypeOf<[]>()
  expectTypeOf(yield* gather([child(), number()], { returnExceptions: true })).toEqualTypeOf<
    [string | Error, number | Error]
  >()
  expectTypeOf(yield* gather([child()], { returnExceptions: false })).toEqualTypeOf<[string]>()

  expectTypeOf(createTask(child())).toEqualTypeOf<Task<string>>()
  expectTypeOf(new Task(number())).toEqualTypeOf<Task<number>>()
  expectTypeOf(createTask(child()).getCoro()).toEqualTypeOf<Coroutine<string>>()
  expectTypeOf(createTask(child()).result()).toEqualTypeOf<string>()
  expectTypeOf(createTask(child()).exception()).toEqualTypeOf<unknown>()
  expectTypeOf(currentTask()).toEqualTypeOf<Task | undefined>()
  expectTypeOf(allTasks()).toEqualTypeOf<Set<Task>>()
}

export async function fromOutside(task: Task<string>): Promise<void> {
  expectTypeOf(await task).toEqualTypeOf<string>()
  expectTypeOf(await run(child())).toEqualTypeOf<string>()
  expectTypeOf(runSync(number())).toEqualTypeOf<number>()
  expectTypeOf(new Runner().runSync(sleep(1, true as boolean))).toEqualTypeOf<boolean>()
  expectTypeOf(await new Runner().run(task)).toEqualTypeOf<string>()
}

// A wrapped coroutine function has the type of the bare one, generic or not, with its `this`.
const wrapped = coroutine(function* wrapped(a: number, b?: string): Coroutine<string> {
  return `${a}${b}`
})
expectTypeOf(wrapped).toEqualTypeOf<(a: number, b?: string) => Coroutine<string>>()
const generic = coroutine(function* generic<T>(value: T): Coroutine<T> {
  return value
})
expectTypeOf(generic('x' as string)).toEqualTypeOf<Coroutine<string>>()
export const method: (this: URL, by: number) => unknown = coroutine(function* (this: URL): Coroutine<void> {})

// What it is written for types its parameters: a test function of Vitest gets its context.
export const test: (context: { name: string }) => unknown = coroutine(function* (context) {
  expectTypeOf(context).toEqualTypeOf<{ name: string }>()
})

// A Task of something is a Task of anything, and so are Futures and awaitables.
expectTypeOf<Task<string>>().toExtend<Task<unknown>>()
expectTypeOf<Future<string>>().toExtend<Future<unknown>>()
expectTypeOf<Task<string>>().toExtend<Future<string | number>>()
expectTypeOf<Coroutine<string>>().toExtend<Awaitable<unknown>>()
expectTypeOf<Future<unknown>>().not.toExtend<Future<string>>()
expectTypeOf<Task<unknown>>().not.toExtend<Task<string>>()
expectTypeOf<Coroutine<unknown>>().not.toExtend<Coroutine<string>>()
expectTypeOf<Future<string>>().not.toExtend<Suspension>()

// What does not compile.

export function* misuse(future: Future<string>, promise: Promise<string>, task: Task<string>): Coroutine<string> {
  // @ts-expect-error: the star is missing
  yield future
  // @ts-expect-error: the star is missing
  yield task
  // @ts-expect-error: the star is missing
  yield child()
  // @ts-expect-error: the star is missing
  yield sleep(100)
  // @ts-expect-error: nothing to wait for
  yield 42
  // @ts-expect-error: nothing to wait for
  yield
  // @ts-expect-error: a promise needs ensureFuture()
  yield promise
  // @ts-expect-error: a promise needs ensureFuture()
  yield* promise
  // @ts-expect-error: an array is not awaited, gather() is
  yield* [child(), child()]
  // @ts-expect-error: the function is not called
  yield* child
  // @ts-expect-error: the child is returned, not what it gives
  return child()
}

export function functions(): void {
  expectTypeOf(run(child)).toEqualTypeOf<Promise<string>>()
  expectTypeOf(runSync(() => sleep(1, 2))).toEqualTypeOf<number>()
  expectTypeOf(createTask(child)).toEqualTypeOf<Task<string>>()
  expectTypeOf(createTask<string | number>(child)).toEqualTypeOf<Task<string | number>>()
  expectTypeOf(ensureFuture(child)).toEqualTypeOf<Future<string>>()
  expectTypeOf(getRunningLoop().createTask(child)).toEqualTypeOf<Task<string>>()
}

// Advice costs no inference: not in generic functions, and not for unions.
export function* inGeneric<X, C extends Coroutine<number>>(
  coroutine: C,
  returning: () => Coroutine<X>,
  either: Coroutine<X> | (() => Coroutine<X>),
): Coroutine<X> {
  expectTypeOf(createTask(coroutine)).toEqualTypeOf<Task<number>>()
  expectTypeOf(createTask(either)).toEqualTypeOf<Task<X>>()
  expectTypeOf(run(returning)).toEqualTypeOf<Promise<X>>()
  return yield* createTask(returning)
}

export function mistakes(promise: Promise<string>, task: Task<string>): void {
  // @ts-expect-error: the function takes an argument
  run((n: number) => sleep(n))
  // @ts-expect-error: an async function is no coroutine function
  run(async () => {})
  // @ts-expect-error: run() awaits no promise
  run(promise)
  // @ts-expect-error: an async function is no coroutine function
  createTask(async () => {})
  // @ts-expect-error: a promise is no coroutine
  createTask(promise)
  // @ts-expect-error: a Task runs already
  createTask(task)
  // @ts-expect-error: nothing to await
  ensureFuture(42)
  // @ts-expect-error: it takes an array
  gather(child(), child())
  // @ts-expect-error: it takes an array
  gather(child())
  // @ts-expect-error: not a number of milliseconds
  sleep('100')
  // @ts-expect-error: the result of a Task is what its coroutine returns
  task.setResult(42)
  // @ts-expect-error: a name is a string
  task.setName(42)
  // @ts-expect-error: no generator function
  coroutine(() => {})
  // @ts-expect-error: no coroutine function
  coroutine(async function* stream() {})
  // @ts-expect-error: a generator of numbers is no coroutine
  coroutine(function* count(): Generator<number, void, unknown> {
    yield 1
  })
  // @ts-expect-error: arguments are checked
  wrapped('1')
  // @ts-expect-error: the result has a type
  const wrong: number = runSync(child())
  void wrong
}

// A done callback knows what it is called with, and a Task of a number still is one of unknown.
export function addsCallbacks(task: Task<number>): Task[] {
  task.addDoneCallback((done) => done.result().toFixed())
  task.addDoneCallback((done) => done.getName())
  const callback = (done: Task<number>): string => done.result().toFixed()
  task.addDoneCallback(callback)
  task.removeDoneCallback(callback)
  // @ts-expect-error of a text it is not
  task.addDoneCallback((done: Task<string>) => done.result().trim())
  return [task]
}
