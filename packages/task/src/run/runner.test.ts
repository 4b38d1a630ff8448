import {
  CancelledError,
  Context,
  ContextVar,
  type Coroutine,
  DeadlockError,
  type ExceptionContext,
  getRunningLoop,
  KeyboardInterrupt,
  RuntimeError,
  VirtualClock,
} from '@spindle/loop'
import { BaseEventLoop, EventLoop } from '@spindle/loop/internal'
import { describe, expect, it } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { sleep } from '../coroutines/sleep.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { allTasks, currentTask } from '../tasks/current-task.ts'
import { createTask, ensureFuture } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import type { Task } from '../tasks/task-class.ts'
import { run } from './run.ts'
import { Runner, runSync } from './runner.ts'
import { waysToRun } from './ways-to-run.fixture.ts'

function* give<T>(value: T): Coroutine<T> {
  yield* sleep(1)
  return value
}

function* fail(error: unknown): Coroutine<never> {
  yield* sleep(0)
  throw error
}

/** Both ways to run, seen as one. */
describe.each(waysToRun)('%s', (name, runIt) => {
  it('returns the result of the coroutine, or throws its exception, whatever value that is', async () => {
    const error = new TypeError('thrown')
    expect(await runIt(give('given'))).toBe('given')
    await expect(runIt(fail(error))).rejects.toBe(error)
    await expect(runIt(fail(undefined))).rejects.toBe(undefined)
    await expect(runIt(fail(new CancelledError('by itself')))).rejects.toBeInstanceOf(CancelledError)
  })

  it('takes anything awaitable, and says what to write for other values', async () => {
    const awaitable = { [Symbol.iterator]: () => give('awaited') }
    expect(await runIt(awaitable)).toBe('awaited')
    expect(await runIt(sleep(1, 'slept'))).toBe('slept')
    expect(await runIt(() => sleep(1, 'a function'))).toBe('a function')
    expect(
      await runIt(function* () {
        return yield* give('a coroutine function')
      }),
    ).toBe('a coroutine function')
    const message = 'a Future, a coroutine or an awaitable is required, got'
    const caller = name.replace('()', '')
    await expect(runIt(give as never)).rejects.toThrow(
      new TypeError(`${caller}() cannot know the arguments of <function give>. Call it: ${caller}(give(…))`),
    )
    const instead =
      '. Write `function*` and `yield*` instead of `async` and `await`; the call of a function that returns a promise is awaited as `yield* call((signal) => …)`'
    const fetching = async (): Promise<void> => {}
    await expect(runIt(fetching as never)).rejects.toThrow(
      new TypeError(`${caller}() takes a coroutine, got <function fetching>${instead}`),
    )
    await expect(runIt(fetching() as never)).rejects.toThrow(new TypeError(`${message} <Promise>${instead}`))
    await expect(runIt(42 as never)).rejects.toThrow(new TypeError(`${message} 42`))
  })

  it('calls a function where its loop is the running one, in the context of main', async () => {
    const user = new ContextVar<string>('user')
    const values = await runIt(() => {
      user.set('Ann')
      return gather([sleep(1, 'one'), createTask(sleep(1, 'two')), createTask(read)])
    })
    function* read(): Coroutine<string> {
      return user.get('nobody')
    }
    expect({ values, outside: user.get('nobody') }).toEqual({ values: ['one', 'two', 'Ann'], outside: 'nobody' })
    expect(() => getRunningLoop()).toThrow('no running event loop')
    const fails = (): never => {
      createTask(sleep(1000)) // cancelled with the run
      throw new TypeError('no awaitable')
    }
    await expect(runIt(fails)).rejects.toThrow('no awaitable')
  })

  it('does not block a running loop: inside one, only the host may drive another', async () => {
    const inner = give('inner')
    function* main(): Coroutine<string> {
      try {
        return yield* ensureFuture(runIt(inner))
      } catch (error) {
        return `${(error as Error).constructor.name} ${(error as Error).message}`
      }
    }
    expect(await run(main())).toBe(
      name === 'run()'
        ? 'inner'
        : 'RuntimeError runSync() cannot be called from a running event loop. In a coroutine, await with `yield*` instead',
    )
    inner.return('')
  })

  it('cancels the remaining Tasks at the end, lets them clean up, and closes the loop', async () => {
    const log: string[] = []
    function* left(name: string): Coroutine<void> {
      try {
        yield* sleep(1e6)
      } finally {
        yield* sleep(1)
        log.push(`${name} cleaned up, of ${allTasks().size}`)
      }
    }
    function* main(): Coroutine<ReturnType<typeof getRunningLoop>> {
      createTask(left('a'))
      createTask(left('b'))
      yield* sleep(0)
      createTask(left('c')) // takes its first step in the turn in which main() is found to be done
      return getRunningLoop()
    }
    const loop = await runIt(main())
    expect([log, loop.isClosed(), [...loop.tasks]]).toEqual([
      ['a cleaned up, of 3', 'b cleaned up, of 2', 'c cleaned up, of 1'],
      true,
      [],
    ])
  })

  it('does so also when the main Task fails, and throws its error', async () => {
    const log: string[] = []
    function* left(): Coroutine<void> {
      try {
        yield* sleep(1e6)
      } catch (error) {
        log.push((error as Error).constructor.name)
        throw error
      }
    }
    function* main(): Coroutine<void> {
      createTask(left())
      yield* fail(new TypeError('main'))
    }
    await expect(runIt(main())).rejects.toThrow(new TypeError('main'))
    expect(log).toEqual(['CancelledError'])
  })

  it('reports errors of Tasks that are being cancelled', async () => {
    const reports: ExceptionContext[] = []
    const error = new TypeError('in clean-up')
    function* left(): Coroutine<void> {
      try {
        yield* sleep(1e6)
      } finally {
        yield* fail(error)
      }
    }
    function* main(): Coroutine<void> {
      getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context))
      createTask(left(), { name: 'left' })
      yield* sleep(0)
    }
    await runIt(main())
    expect(reports).toEqual([
      { message: 'unhandled exception during run() shutdown', exception: error, task: expect.anything() },
    ])
    expect(String(reports[0]?.task)).toMatch(/^<Task finished name='left' coro=<left\(\) done, .*exception=TypeError/)
  })

  it('creates its loop with the given options', async () => {
    function* main(): Coroutine<boolean> {
      return getRunningLoop().getDebug()
    }
    expect([await runIt(main(), { debug: true }), await runIt(main(), { debug: false }), await runIt(main())]).toEqual([
      ...[true, false, false],
    ])
    const loopFactory = () => newEventLoop({ clock: new VirtualClock(), debug: true })
    expect([await runIt(main(), { loopFactory }), await runIt(main(), { loopFactory, debug: false })]).toEqual([
      ...[true, false],
    ])
  })

  it('takes newEventLoop for a factory, and refuses a loop that cannot create Tasks', async () => {
    function* main(): Coroutine<boolean> {
      return getRunningLoop() instanceof EventLoop
    }
    expect(await runIt(main(), { loopFactory: newEventLoop })).toBe(true)
    await expect(runIt(main(), { loopFactory: () => undefined as never })).rejects.toThrow(
      new TypeError('loopFactory must return an EventLoop, got undefined'),
    )
    await expect(runIt(main(), { loopFactory: () => new BaseEventLoop() })).rejects.toThrow(
      new RuntimeError('This loop cannot create Tasks. Use newEventLoop()'),
    )
  })

  it('does not print the result, which may be large', async () => {
    let printed = 0
    const result = {
      toString: () => `${++printed}`,
      toJSON: () => ++printed,
      [Symbol.for('nodejs.util.inspect.custom')]: () => `${++printed}`,
    }
    expect({ isSameResult: (await runIt(give(result))) === result, printed }).toEqual({
      isSameResult: true,
      printed: 0,
    })
  })

  it('does not report an exception in debug mode that the caller receives', async () => {
    const reports: string[] = []
    const loopFactory = (): EventLoop => {
      const loop = newEventLoop({ debug: true })
      loop.setExceptionHandler((_loop, { message }) => reports.push(message))
      return loop
    }
    function* main(): Coroutine<void> {
      yield* sleep(1)
      throw new RangeError('told to the caller')
    }
    await expect(runIt(main(), { loopFactory })).rejects.toThrow('told to the caller')
    expect(reports).toEqual([])
  })

  it('runs the coroutine as a Task in its own context', async () => {
    const variable = new ContextVar<string>('variable')
    function* main(): Coroutine<unknown> {
      const before = variable.get('unset')
      variable.set('set by main')
      return { hasTask: currentTask() !== undefined, before, set: variable.get() }
    }
    variable.set('outside')
    expect(await runIt(main())).toEqual({ hasTask: true, before: 'outside', set: 'set by main' })
    expect(variable.get()).toBe('outside')
  })

  it('ends with a DeadlockError when nothing can wake it any more, and still cleans up', async () => {
    const log: string[] = []
    function* main(): Coroutine<void> {
      try {
        yield* getRunningLoop().createFuture()
      } finally {
        log.push('cleaned up')
      }
    }
    const loopFactory = () => newEventLoop({ clock: new VirtualClock() })
    await expect(runIt(main(), { loopFactory })).rejects.toBeInstanceOf(DeadlockError)
    expect(log).toEqual(['cleaned up'])
  })

  it('throws its first error, even if clean-up hangs or fails afterwards', async () => {
    const reports: string[] = []
    const failure = new TypeError('main')
    const loopFactory = () => newEventLoop({ clock: new VirtualClock() })
    function* forever(): Coroutine<void> {
      yield* uncancellable(() => getRunningLoop().createFuture<void>()) // keeps the cancel at the end of the run away
    }
    function* stops(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        getRunningLoop().stop()
        yield* sleep(0)
      }
    }
    function* main(other: () => Coroutine<void>, fails: boolean): Coroutine<void> {
      getRunningLoop().setExceptionHandler((_loop, { message, exception }) => reports.push(`${message} ${exception}`))
      const task = createTask(other())
      yield* sleep(1)
      if (fails) throw failure
      yield* task
    }
    const hanging = runIt(main(forever, false), { loopFactory })
    // Both Tasks wait, as they did before the end of the run asked them to end.
    await expect(hanging).rejects.toThrow(
      /^2 tasks wait, .*\n {2}Task-1: main\(\) at .* waits for Task-2\n {2}Task-2: forever\(\) at .* waits for future$/,
    )
    await expect(runIt(main(forever, true), { loopFactory })).rejects.toBe(failure)
    await expect(runIt(main(stops, true), { loopFactory })).rejects.toBe(failure)
    const destroyed = 'Task was destroyed but it is pending! undefined'
    expect(reports.filter((report) => report !== destroyed)).toEqual([
      'exception at the end of a run that had failed RuntimeError: Event loop stopped before Future completed.',
    ])
  })

  it('reports a KeyboardInterrupt once, even if both a Task and its group throw it', async () => {
    const interrupt = new KeyboardInterrupt()
    const reports: string[] = []
    const loopFactory = (): EventLoop => {
      const loop = newEventLoop({ clock: new VirtualClock() })
      loop.setExceptionHandler((_loop, { message }) => reports.push(message))
      return loop
    }
    function* interrupted(): Coroutine<void> {
      yield* sleep(1)
      throw interrupt
    }
    function* main(): Coroutine<void> {
      yield* taskGroup(function* (group) {
        group.createTask(interrupted())
        yield* sleep(100)
      })
    }
    await expect(runIt(main(), { loopFactory })).rejects.toBe(interrupt)
    expect(reports).not.toContain('exception at the end of a run that had failed')
  })

  it('throws the CancelledError of a main Task that cancelled itself', async () => {
    function* main(): Coroutine<void> {
      currentTask()?.cancel('myself')
      yield* sleep(1)
    }
    const failed = await runIt(main()).catch((error: unknown) => error)
    expect(String(failed)).toBe('CancelledError: myself')
  })
})

describe('run()', () => {
  it('refuses to return a Future that would never be done', async () => {
    const message =
      /^did you forget `yield\*`\? The result of the run is <Task pending name='forgotten' .*Write `return yield\* …`$/
    function* main(): Coroutine<unknown> {
      return createTask(sleep(10, 'late'), { name: 'forgotten' })
    }
    await expect(run(main())).rejects.toThrow(message)
    const runner = new Runner()
    await expect(runner.run(main())).rejects.toThrow(message)
    // A promise has what it waits for where the Future is done, or where another loop is going to settle it.
    const other = newEventLoop()
    const elsewhere = other.createTask(sleep(10, 'elsewhere'))
    const otherRun = other.runUntilComplete(elsewhere)
    function* lookUp(): Coroutine<unknown> {
      return elsewhere
    }
    function* waitFirst(): Coroutine<unknown> {
      const task = createTask(sleep(1, 'done'))
      yield* task
      return task
    }
    expect([await runner.run(lookUp()), await runner.run(waitFirst())]).toEqual(['elsewhere', 'done'])
    await otherRun
    other.close()
    await runner.close()
  })

  it('returns it in a blocking run, as asyncio does', () => {
    function* main(): Coroutine<Task<string>> {
      return createTask(sleep(10, 'late'))
    }
    expect(runSync(main()).cancelled()).toBe(true)
  })

  it('may run several times concurrently, each with its own loop', async () => {
    const log: string[] = []
    const loops = new Set<unknown>()
    function* main(name: string, delay: number): Coroutine<string> {
      for (let step = 0; step < 3; step++) {
        loops.add(getRunningLoop())
        expect(currentTask()?.getLoop()).toBe(getRunningLoop())
        log.push(`${name}${step}`)
        yield* sleep(delay)
      }
      return name
    }
    expect(await Promise.all([run(main('a', 20)), run(main('b', 30))])).toEqual(['a', 'b'])
    expect([loops.size, [...log].sort()]).toEqual([2, ['a0', 'a1', 'a2', 'b0', 'b1', 'b2']])
  })
})

describe('Runner', () => {
  it('runs several coroutines in one loop, one after another, in both ways', async () => {
    const runner = new Runner()
    const loop = runner.getLoop()
    function* main(): Coroutine<EventLoop> {
      yield* sleep(1)
      return getRunningLoop()
    }
    expect(await runner.run(main())).toBe(loop)
    expect(runner.runSync(main())).toBe(loop)
    expect(await runner.run(main())).toBe(loop)
    await runner.close()
    expect(loop.isClosed()).toBe(true)
  })

  it('leaves Tasks running from one run to the next', () => {
    const log: string[] = []
    function* background(): Coroutine<void> {
      try {
        for (let step = 0; ; step++) {
          log.push(`step ${step}`)
          yield* sleep(0)
        }
      } finally {
        log.push('cancelled')
      }
    }
    function* main(): Coroutine<void> {
      log.push('main')
      yield* sleep(0)
    }
    function* first(): Coroutine<void> {
      createTask(background())
      yield* main()
    }
    const runner = new Runner()
    runner.runSync(first())
    runner.runSync(main())
    runner.closeSync()
    expect(log).toEqual(['main', 'step 0', 'step 1', 'step 2', 'main', 'step 3', 'step 4', 'cancelled'])
  })

  it('uses the same context for all of them, unless another is passed', () => {
    const variable = new ContextVar<number>('variable')
    function* count(): Coroutine<number> {
      const next = variable.get(0) + 1
      variable.set(next)
      return next
    }
    const runner = new Runner()
    const counts = [runner.runSync(count()), runner.runSync(count())]
    counts.push(runner.runSync(count(), { context: new Context() }), runner.runSync(count()))
    runner.closeSync()
    expect([counts, variable.get(0)]).toEqual([[1, 2, 1, 3], 0])
  })

  it('may be closed twice, and cannot be used after that', async () => {
    const runner = new Runner()
    const loop = runner.getLoop()
    runner.closeSync()
    await runner.close()
    const unused = give(1)
    expect(loop.isClosed()).toBe(true)
    expect(() => runner.getLoop()).toThrow(new RuntimeError('Runner is closed'))
    expect(() => runner.runSync(unused)).toThrow(new RuntimeError('Runner is closed'))
    await expect(runner.run(unused)).rejects.toThrow(new RuntimeError('Runner is closed'))
  })

  it('refuses a second run during a run, and runs none of it', async () => {
    const runner = new Runner()
    const log: string[] = []
    function* main(name: string): Coroutine<string> {
      log.push(name)
      yield* sleep(1)
      return name
    }
    const first = runner.run(main('first'))
    const second = runner.run(main('second'))
    await expect(second).rejects.toThrow(new RuntimeError('This event loop is already running'))
    expect(() => runner.runSync(main('third'))).toThrow(new RuntimeError('This event loop is already running'))
    log.push(await first)
    await runner.close()
    expect(log).toEqual(['first', 'first'])
  })

  it('is closed by `using` and `await using`', async () => {
    const loops = []
    {
      using runner = new Runner()
      loops.push(runner.getLoop())
      expect(runner.runSync(give('blocking'))).toBe('blocking')
    }
    {
      await using runner = new Runner()
      loops.push(runner.getLoop())
      expect(await runner.run(give('host'))).toBe('host')
    }
    expect(loops.map(String)).toEqual(new Array(2).fill('<EventLoop running=false closed=true debug=false>'))
  })

  it('awaits a Future of its loop, and refuses what cannot be awaited', () => {
    const runner = new Runner()
    const loop = runner.getLoop()
    const future = loop.createFuture<string>()
    loop.callSoon(() => future.setResult('result'))
    expect(runner.runSync(future)).toBe('result')
    expect(() => runner.runSync(123 as never)).toThrow(TypeError)
    runner.closeSync()
  })

  it('reports exceptions that are never retrieved when it is closed', () => {
    const reports: string[] = []
    const runner = new Runner()
    runner.getLoop().setExceptionHandler((_loop, context) => reports.push(context.message))
    function* main(): Coroutine<void> {
      createTask(fail(new TypeError('nobody asks')))
      yield* gather([sleep(1), sleep(1)])
    }
    runner.runSync(main())
    expect(reports).toEqual([])
    runner.closeSync()
    expect(reports).toEqual(['Task exception was never retrieved'])
  })
})
