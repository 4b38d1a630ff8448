// Each error of a wrong use says what is wrong, what was given and what to write.

import { type Coroutine, getRunningLoop, Future as LoopFuture } from '@spindle/loop'
import { newEventLoop, run, Event as TaskEvent, Lock as TaskLock, Queue as TaskQueue } from '@spindle/task'
import { afterAll, describe, expect, it } from 'vitest'
import * as values from './executors/pool-values.fixture.ts'
import * as calls from './futures/calls.fixture.ts'
import * as threads from './index.ts'

const { ProcessPoolExecutor, Semaphore, ThreadPoolExecutor } = threads

const executor = new ThreadPoolExecutor(1)
const processes = new ProcessPoolExecutor(1)
afterAll(() => {
  executor.shutdown()
  processes.shutdown()
})

/** Without types, as a program in JavaScript uses it. */
// biome-ignore lint/suspicious/noExplicitAny: wrong uses do not compile
type Untyped = Record<string, (...args: any[]) => any> & (new (...args: any[]) => unknown)
const untyped = (of: unknown): Untyped => of as Untyped
const { wait, asCompleted, wrapFuture, setDefaultExecutor, runInExecutor, callSoonThreadsafe } = untyped(threads)

async function errorOf(use: () => unknown): Promise<string> {
  try {
    return `no error: ${await use()}`
  } catch (error) {
    return String(error)
  }
}

describe('a generator function that is called like a plain one', () => {
  const STREAM = 'Call a generator function by `executor.stream(fn, ...args)`, which returns its items'
  const numbers = values.items as unknown as () => number
  const asyncNumbers = values.asyncItems as unknown as () => number

  it.each<[string, () => unknown]>([
    ['submit', () => executor.submit(numbers).then()],
    ['result()', () => executor.submit(numbers).result()],
    ['submit to a process', () => processes.submit(numbers).then()],
    ['map', () => [...(untyped(executor)['map']?.(numbers, [1, 2]) ?? [])]],
    ['map with chunks', () => [...(untyped(executor)['map']?.(numbers, [1, 2], { chunkSize: 2 }) ?? [])]],
    ['toThread', () => run(untyped(threads)['toThread']?.(numbers))],
  ])('by %s hears of `stream`, and of nothing else', async (_, call) => {
    expect(await errorOf(call)).toMatch(
      /^TypeError: items\(\) at \S+pool-values\.fixture\.ts:\d+ yielded 1, which can't be awaited\. .*$/,
    )
    expect(await errorOf(call)).toContain(STREAM)
    expect(await errorOf(call)).not.toMatch(/bad yield|yield\*/)
  })

  it('hears of it, too, if it is async', async () => {
    for (const pool of [executor, processes])
      expect(await errorOf(() => pool.submit(asyncNumbers).then())).toContain(STREAM)
  })

  it('hears of `yield*` if it yields what can be awaited: it is meant as a coroutine', async () => {
    for (const call of [values.yieldsPromise, values.yieldsSleep]) {
      const error = await errorOf(() => executor.submit(call as unknown as () => number).then())
      expect(error).toMatch(/Write `yield\*`|`yield\* ensureFuture\(promise\)`/)
      expect(error).not.toContain('stream')
    }
  })
})

describe('an object of a loop among the arguments', () => {
  it.each([
    [() => new TaskEvent(), /: <Event .*> belongs to the loops of this thread.*`threading`/],
    [() => new TaskLock(), /: <Lock .*> belongs to the loops of this thread/],
    [() => new TaskQueue(), /: <Queue .*> belongs to the loops of this thread/],
    [() => new LoopFuture({ loop: newEventLoop() }), /: <Future pending> belongs to the loops .*Send its result/],
    [() => executor.map(calls.add, [1]), /: <MapResults at .*> belongs to the thread that made it/],
    [() => Promise.resolve(1), /: this Promise can't be cloned\. Await it first/],
    [() => values.items(1), /: this Generator can't be cloned\. .*stream/],
  ])('does not arrive as something else: %#', async (make, message) => {
    for (const pool of [executor, processes])
      expect(await errorOf(() => pool.submit(calls.identity<unknown>, make() as never).then())).toMatch(message)
  })

  it('is refused with a Task, too', async () => {
    function* main(): Coroutine<unknown> {
      const task = getRunningLoop().createTask(values.yieldsSleep())
      task.cancel()
      return yield* executor.submit(calls.identity<unknown>, task)
    }
    expect(await errorOf(() => run(main()))).toMatch(/<Task .* belongs to the loops of this thread/)
  })
})

it.each<[string, () => unknown, string | RegExp]>([
  [
    'options before the number of workers',
    () => Reflect.construct(ThreadPoolExecutor, [{ maxWorkers: 2 }]),
    'TypeError: maxWorkers must be an integer, got { maxWorkers: 2 }. Write: new ThreadPoolExecutor(2, options)',
  ],
  [
    'options before the number of processes',
    () => Reflect.construct(ProcessPoolExecutor, [{ maxWorkers: 2 }]),
    'TypeError: maxWorkers must be an integer, got { maxWorkers: 2 }. Write: new ProcessPoolExecutor(2, options)',
  ],
  [
    'a path in place of the number of workers',
    () => Reflect.construct(ThreadPoolExecutor, ['./work.js']),
    "TypeError: maxWorkers must be an integer, got './work.js'. Write: new ThreadPoolExecutor(2, options)",
  ],
  [
    'the number of workers among the options',
    () => Reflect.construct(ThreadPoolExecutor, [undefined, { maxWorkers: 2 }]),
    'TypeError: maxWorkers is no option but the first argument. Write: new ThreadPoolExecutor(2, options)',
  ],
  [
    'a number in place of options',
    () => Reflect.construct(ProcessPoolExecutor, [2, 3]),
    /^TypeError: the options of ProcessPoolExecutor must be an object, got 3\. It has `initializer`, /,
  ],
  [
    'an initializer that is no function',
    () => Reflect.construct(ThreadPoolExecutor, [1, { initializer: './work.js' }]),
    "TypeError: initializer must be a callable, got './work.js'",
  ],
  [
    'no function',
    () => untyped(executor)['submit']?.(),
    'TypeError: a function was expected, got undefined. Pass the function itself, and its arguments after it: (fn, 1, 2)',
  ],
  ['a function that was called', () => untyped(executor)['submit']?.(calls.add(1)), /got 2\. Pass the function itself/],
  ['its result', () => untyped(executor)['stream']?.(values.items(1)), /got <Generator>\. Pass the function itself/],
  ['an arrow function', () => executor.submit(() => 1), /^TypeError: the function at \S+wrong-use\.test\.ts:\d+ /],
  [
    'a function in place of the executor',
    () => runInExecutor?.(calls.add, 1),
    'TypeError: executor must be an Executor or undefined, got <function add>. Write: runInExecutor(undefined, fn, ...args)',
  ],
  [
    'an executor of another kind',
    () => setDefaultExecutor?.(processes),
    /must be ThreadPoolExecutor instance, got <Proc/,
  ],
  [
    'a loop in place of options',
    () => wrapFuture?.(executor.submit(calls.add, 1), newEventLoop()),
    /^TypeError: the options of wrapFuture\(\) must be a plain object, got <EventLoop .*>\. It has `loop`$/,
  ],
  [
    'a number in place of a time limit',
    () => untyped(executor.submit(calls.add, 1))['result']?.(100),
    'TypeError: the options of Future.result() must be an object, got 100. It has `timeout`',
  ],
  [
    'false in place of options',
    () => untyped(executor)['shutdown']?.(false),
    /got false\. It has `wait`, `cancelFutures`/,
  ],
  [
    'another condition',
    () => wait?.([], { returnWhen: 'first' }),
    "RangeError: Invalid return condition: 'first'. Pass ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION",
  ],
  ['Futures without a list', () => wait?.(executor.submit(calls.add, 1)), /got <Future at .*>\. Write: \[future\]$/],
  [
    'a promise among Futures',
    () => wait?.([Promise.resolve()]),
    "TypeError: a Future of an executor is expected, got <Promise>. For promises, Tasks and Futures of a loop there is wait() of 'spindle'",
  ],
  [
    'a Future of a loop',
    () => asCompleted?.([new LoopFuture({ loop: newEventLoop() })]),
    /Tasks and Futures of a loop/,
  ],
  [
    'a function in place of a loop',
    () => callSoonThreadsafe?.(calls.add),
    /takes a loop or its handle, got <function add>/,
  ],
  ['permits in words', () => untyped(new Semaphore())['release']?.('2'), "TypeError: n must be an integer, got '2'"],
  ['half a permit', () => new Semaphore().release(1.5), 'TypeError: n must be an integer, got 1.5'],
  [
    'waiters in words',
    () => {
      const condition = new threads.Condition()
      using _ = condition.hold()
      untyped(condition)['notify']?.('2')
    },
    "TypeError: n must be an integer, got '2'",
  ],
  ['options of a Queue', () => Reflect.construct(threads.Queue, [{ maxSize: 2 }]), /maxSize must be an integer, got {/],
  [
    'a Timer without a function',
    () => Reflect.construct(threads.Timer, [1]),
    'TypeError: fn must be a function, got undefined',
  ],
  [
    'a call after the end of the executor',
    () => {
      using ended = new ThreadPoolExecutor(1)
      ended.shutdown()
      return ended.submit(calls.add, 1)
    },
    'RuntimeError: cannot schedule new futures after shutdown',
  ],
])('names what is wrong, and what to write, for %s', async (_, use, message) => {
  const error = await errorOf(use)
  if (typeof message === 'string') expect(error).toBe(message)
  else expect(error).toMatch(message)
})
