import {
  CancelledError,
  type Coroutine,
  DeadlockError,
  type ExceptionContext,
  Future,
  getRunningLoop,
  type TaskFactory,
} from '@spindle/loop'
import { BaseEventLoop } from '@spindle/loop/internal'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { sleep } from '../coroutines/sleep.ts'
import { run } from '../run/run.ts'
import { createTask, ensureFuture } from './ensure-future.ts'
import { loopParts } from './loop-parts.ts'
import { getEventLoop, newEventLoop } from './new-event-loop.ts'
import { Task } from './task-class.ts'

function* give<T>(value: T): Coroutine<T> {
  yield* sleep(0)
  return value
}

describe('ensureFuture()', () => {
  it('refuses options that it does not have', () => {
    for (const options of ['abc', { loop: undefined, name: 'a' }]) {
      expect(() => ensureFuture(give(1), options as never)).toThrow(/ensureFuture\(\).*It has `loop`/)
    }
  })

  it('makes a Task of a coroutine, and gives back a Future as it is', function* () {
    const future = getRunningLoop().createFuture<string>()
    const task = ensureFuture(give('given'))
    expect([ensureFuture(future) === future, task instanceof Task, task === ensureFuture(task)]).toEqual([
      ...[true, true, true],
    ])
    expect(yield* task).toBe('given')
  })

  it('makes a Task of a coroutine function, as runUntilComplete() and createTask() of a loop do', function* () {
    expect(yield* ensureFuture(() => give('called'))).toBe('called')
    expect(yield* gather([() => give(1), () => give(2)])).toEqual([1, 2])
    expect(yield* getRunningLoop().createTask(() => give('by the loop'))).toBe('by the loop')
    const loop = newEventLoop()
    expect(() => loop.createTask(((n: number) => give(n)) as never)).toThrow(TypeError)
    loop.close()
    // A function is called each time it stands in the list.
    let calls = 0
    const count = function* (): Coroutine<number> {
      return ++calls
    }
    expect(yield* gather([count, count])).toEqual([1, 2])
  })

  it('makes a Task of whatever can be awaited', function* () {
    const awaitable = { [Symbol.iterator]: () => give('awaited') }
    const task = ensureFuture(awaitable)
    expect({ isTask: task instanceof Task, task: yield* task }).toEqual({ isTask: true, task: 'awaited' })
  })

  it('refuses what cannot be awaited, and says what to write', function* () {
    const message = 'a Future, a coroutine or an awaitable is required, got'
    const given: [unknown, string][] = [
      [42, `${message} 42`],
      ['text', `${message} 'text'`],
      [undefined, `${message} undefined`],
      [[give(1)], message],
      [new Map(), message],
      [{}, `${message} {}`],
      [give, 'ensureFuture() cannot know the arguments of <function give>. Call it: ensureFuture(give(…))'],
      [async () => {}, 'ensureFuture() takes a coroutine'],
    ]
    for (const [value, expected] of given) {
      expect(() => ensureFuture(value as never)).toThrow(TypeError)
      expect(() => ensureFuture(value as never)).toThrow(expected)
    }
    yield* sleep(0)
  })

  it('uses the given loop, and refuses a Future of another', () => {
    const loop = newEventLoop()
    const other = newEventLoop()
    const task = ensureFuture(give('given'), { loop })
    expect({ isSameLoop: task.getLoop() === loop, isSameTask: ensureFuture(task, { loop }) === task }).toEqual({
      isSameLoop: true,
      isSameTask: true,
    })
    expect(() => ensureFuture(task, { loop: other })).toThrow(
      new RangeError('The future belongs to a different loop than the one specified as the loop argument'),
    )
    expect(loop.runUntilCompleteSync(task)).toBe('given')
    loop.close()
    other.close()
  })

  it('lets a loop of a custom class create its Tasks', () => {
    class OwnTask<T> extends Task<T> {}
    class OwnLoop extends BaseEventLoop {
      override createTask<T>(coroutine: Coroutine<T>): OwnTask<T> {
        return new OwnTask(coroutine, { loop: this })
      }
    }
    const loop = new OwnLoop({ parts: loopParts })
    const task = ensureFuture(give('given'), { loop })
    expect({ isOwnTask: task instanceof OwnTask, result: loop.runUntilCompleteSync(task) }).toEqual({
      isOwnTask: true,
      result: 'given',
    })
    loop.close()
  })

  it('needs a loop from somewhere', () => {
    expect(() => ensureFuture(give(1))).toThrow('There is no current event loop')
    const loop = getEventLoop() // makes one, and sets it
    try {
      expect({
        isSameLoop: ensureFuture(give(1)).getLoop() === loop,
        isSameEventLoop: getEventLoop() === loop,
      }).toEqual({ isSameLoop: true, isSameEventLoop: true })
      loop.runUntilCompleteSync(sleep(0))
    } finally {
      loop.close()
    }
  })

  it('goes through the task factory of the loop, as createTask() does', function* () {
    const made: unknown[] = []
    const factory: TaskFactory = (loop, coroutine, options) => {
      made.push(options.name)
      return new Task(coroutine, { ...options, loop, name: `made ${made.length}` })
    }
    const loop = getRunningLoop()
    loop.setTaskFactory(factory)
    const one = ensureFuture(give(1)) as Task
    const two = createTask(give(2), { name: 'two' })
    const [three] = yield* gather([give(3)])
    loop.setTaskFactory(undefined)
    expect([made, one.getName(), two.getName(), three]).toEqual([[undefined, 'two', undefined], 'made 1', 'made 2', 3])
    yield* gather([one, two])
  })
})

type Executor = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void

/** As wild as its executor: it need not keep any promise. */
class Thenable implements PromiseLike<unknown> {
  readonly #executor: Executor

  constructor(executor: Executor) {
    this.#executor = executor
  }

  // biome-ignore lint/suspicious/noThenProperty: this is what is tested
  then(resolve: unknown, reject: unknown): never {
    this.#executor(resolve as never, reject as never)
    return undefined as never
  }
}

describe('ensureFuture() of a promise', () => {
  it('returns the resolved value, or throws the rejection', async () => {
    const error = new TypeError('rejected')
    function* main(): Coroutine<unknown[]> {
      const log: unknown[] = []
      log.push(yield* ensureFuture(Promise.resolve('settled')))
      log.push(yield* ensureFuture(new Promise((resolve) => setTimeout(resolve, 5, 'later'))))
      for (const thrown of [error, undefined]) {
        try {
          yield* ensureFuture(Promise.reject(thrown))
        } catch (caught) {
          log.push(caught)
        }
      }
      return log
    }
    expect(await run(main())).toEqual(['settled', 'later', error, undefined])
  })

  it('accepts any thenable, however it behaves', async () => {
    const loop = newEventLoop()
    const thenables = [
      new Thenable((resolve) => resolve(1)), // at once, and twice
      new Thenable((resolve, reject) => {
        resolve(2)
        resolve('again')
        reject(new Error('and again'))
      }),
      new Thenable((resolve) => resolve(Promise.resolve(3))),
      new Thenable(() => {
        throw new TypeError('in then()')
      }),
    ]
    function* main(): Coroutine<unknown[]> {
      const log: unknown[] = []
      for (const thenable of thenables) {
        try {
          log.push(yield* ensureFuture(thenable))
        } catch (error) {
          log.push(String(error))
        }
      }
      return log
    }
    expect(await loop.runUntilComplete(main())).toEqual([1, 2, 3, 'TypeError: in then()'])
    expect(loop.wakeSources.pending).toBe(0)
    loop.close()
  })

  it('releases the promise when it is cancelled, and no longer waits for it', async () => {
    const loop = newEventLoop()
    let settle = (_value: string): void => {}
    function* main(): Coroutine<unknown> {
      const future = ensureFuture(new Promise<string>((resolve) => (settle = resolve)))
      const task = createTask(
        (function* waiting(): Coroutine<string> {
          return yield* future
        })(),
      )
      yield* sleep(0)
      const before = loop.wakeSources.pending
      task.cancel('no more')
      const [outcome] = yield* gather([task], { returnExceptions: true })
      const after = loop.wakeSources.pending
      settle('too late')
      yield* sleep(1)
      return [`${outcome}`, `${future}`, `pending: ${before} ${after} ${loop.wakeSources.pending}`]
    }
    expect(await loop.runUntilComplete(main())).toEqual(['CancelledError', '<Future cancelled>', 'pending: 1 0 0'])
    loop.close()
  })

  it('reports a rejection that nothing waits for any more, but not an abort', async () => {
    const reports: ExceptionContext[] = []
    const rejects: ((error: unknown) => void)[] = []
    const make = (): Future<unknown> => ensureFuture(new Promise((_resolve, reject) => rejects.push(reject)))
    const late = new TypeError('late')
    const veryLate = new TypeError('very late')
    function* main(): Coroutine<void> {
      getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context))
      for (let count = 0; count < 3; count++) make().cancel()
      rejects[0]?.(late)
      rejects[1]?.(new DOMException('aborted', 'AbortError'))
      rejects[2]?.(new CancelledError())
      make() // and left alone
      yield* ensureFuture(Promise.resolve())
    }
    await run(main())
    rejects[3]?.(veryLate) // the loop is closed
    await Promise.resolve()
    await Promise.resolve()
    expect(reports).toEqual([
      {
        message: 'a promise that nothing waits for any more was rejected',
        exception: late,
        future: expect.any(Future),
      },
      {
        message: 'a promise that nothing waits for any more was rejected',
        exception: veryLate,
        future: expect.any(Future),
      },
    ])
  })

  it('ends as cancelled when the promise is rejected with a CancelledError', async () => {
    function* main(): Coroutine<unknown> {
      const future = ensureFuture(Promise.reject(new CancelledError('from within')))
      const [outcome] = yield* gather([future], { returnExceptions: true })
      return { cancelled: future.cancelled(), outcome: String(outcome) }
    }
    expect(await run(main())).toEqual({ cancelled: true, outcome: 'CancelledError: from within' })
  })

  it('resumes the waiters in the order of the settled promises', async () => {
    const log: string[] = []
    const settles: ((value: string) => void)[] = []
    function* waiting(): Coroutine<void> {
      log.push(yield* ensureFuture(new Promise<string>((resolve) => settles.push(resolve))))
    }
    function* main(): Coroutine<void> {
      const tasks = [createTask(waiting()), createTask(waiting()), createTask(waiting())]
      yield* sleep(1)
      for (const index of [2, 0, 1]) settles[index]?.(`settled ${index}`)
      yield* gather(tasks)
    }
    await run(main())
    expect(log).toEqual(['settled 2', 'settled 0', 'settled 1'])
  })

  it('that another Task waits for is a deadlock in a blocking run, not a hang', () => {
    const loop = newEventLoop()
    const before = ensureFuture(Promise.resolve('made before'), { loop })
    function* main(): Coroutine<unknown> {
      return yield* gather([before])
    }
    expect(() => loop.runUntilCompleteSync(main())).toThrow(DeadlockError)
    loop.setExceptionHandler(() => {}) // main() is left pending, and told of
    loop.close()
  })

  it('is refused in a blocking run, where it could never settle, and so is the Future of an earlier one', () => {
    const message = 'a promise cannot be awaited in a blocking run'
    const loop = newEventLoop()
    const before = ensureFuture(Promise.resolve('made before'), { loop })
    function* main(): Coroutine<string[]> {
      const log: string[] = []
      for (const attempt of [
        () => ensureFuture(Promise.resolve(1)),
        () => before,
        () => gather([Promise.resolve(1)]),
      ]) {
        try {
          yield* attempt()
        } catch (error) {
          log.push(`${(error as Error).constructor.name} ${(error as Error).message}`)
        }
      }
      return log
    }
    const log = loop.runUntilCompleteSync(main())
    expect(log).toEqual(new Array(3).fill(expect.stringContaining(`RuntimeError ${message}`)))
    expect(() => loop.runUntilCompleteSync(Promise.resolve(1) as never)).toThrow(message)
    loop.close()
  })
})
