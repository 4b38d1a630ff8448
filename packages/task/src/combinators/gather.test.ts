// The logs are those that the same programs write on CPython 3.14.

import { type Awaitable, CancelledError, type Coroutine, Future, getRunningLoop, setEventLoop } from '@spindle/loop'
import { cancelEverywhere, inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { timeout } from '../scopes/timeout.ts'
import { allTasks } from '../tasks/current-task.ts'
import { eagerTaskFactory } from '../tasks/eager-task-factory.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { gather } from './gather.ts'

function* ending(awaitable: Awaitable<unknown>): Coroutine<string> {
  try {
    return `returned ${yield* awaitable}`
  } catch (error) {
    return error instanceof CancelledError ? `cancelled ${error.message}` : `threw ${error}`
  }
}

describe('gather()', () => {
  // CPython: test_tasks.GatherTestsBase.test_success
  it(
    'begins in the order of the list, and gives the results in that order, whoever ends first',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* child(name: string, delay: number): Coroutine<string> {
        log.push(`begin ${name}`)
        yield* sleep(delay)
        log.push(`end ${name}`)
        return name
      }
      log.push(yield* gather([child('a', 3), child('b', 1), child('c', 2)]))
      expect(log).toEqual(['begin a', 'begin b', 'begin c', 'end b', 'end c', 'end a', ['a', 'b', 'c']])
    }),
  )

  it(
    'waits for each of the list before the next one begins, which may be eager and wait for the same',
    inVirtualTime(function* () {
      const loop = getRunningLoop()
      loop.setTaskFactory(eagerTaskFactory)
      const log: unknown[] = []
      const first = loop.createFuture<void>()
      let all: Future | undefined
      function* second(): Coroutine<void> {
        first.addDoneCallback(() => log.push(all?.done()))
      }
      all = gather([first, second()])
      first.setResult()
      yield* all
      expect(log).toEqual([true])
    }),
  )

  it(
    'that throws, as one of the list cannot be awaited, counts the exceptions of the others as asked for',
    inVirtualTime(function* () {
      const reports: unknown[] = []
      const loop = getRunningLoop()
      loop.setExceptionHandler((_, context) => reports.push(context.message))
      const failing = loop.createFuture()
      expect(() => gather([failing, 3 as never])).toThrow(TypeError)
      failing.setException(new Error('never retrieved'))
      yield* sleep(0)
      loop.setDebug(true) // what is still unseen is reported now
      yield* sleep(1)
      yield* sleep(1)
      expect(reports).toEqual([])
    }),
  )

  it(
    'goes on two turns after the last one ended',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* child(name: string): Coroutine<void> {
        log.push(name)
      }
      function* ticker(): Coroutine<void> {
        for (let tick = 0; tick < 5; tick++) {
          log.push(tick)
          yield* sleep(0)
        }
      }
      const ticking = createTask(ticker())
      yield* gather([child('a'), child('b')])
      log.push('done')
      yield* ticking
      expect(log).toEqual([0, 'a', 'b', 1, 2, 'done', 3, 4])
    }),
  )

  // CPython: test_tasks.GatherTestsBase.test_one_exception
  // CPython: test_tasks.GatherTestsBase.test_result_exception_success
  // CPython: test_tasks.CoroutineGatherTests.test_exception_marking
  it(
    'throws the first exception at once, lets the others run on, and takes note of what they throw',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* good(name: string, delay: number): Coroutine<string> {
        yield* sleep(delay)
        log.push(`good ${name}`)
        return name
      }
      function* bad(name: string, delay: number): Coroutine<string> {
        yield* sleep(delay)
        log.push(`bad ${name}`)
        throw new TypeError(name)
      }
      const gathering = gather([good('a', 1), bad('b', 2), good('c', 3), bad('d', 4)])
      log.push(yield* ending(gathering))
      log.push(gathering.cancel(), gathering.cancelled()) // it is done: nobody is cancelled any more
      yield* sleep(5)
      // Nothing is reported either, or this test would fail: the exception of d counts as asked for.
      expect(log).toEqual(['good a', 'bad b', 'threw TypeError: b', false, false, 'good c', 'bad d'])
    }),
  )

  // CPython: test_tasks.GatherTestsBase.test_return_exceptions
  it(
    'gives exceptions as results when asked to, and waits for all',
    inVirtualTime(function* () {
      function* bad(thrown: unknown): Coroutine<string> {
        yield* sleep(1)
        throw thrown
      }
      const results = yield* gather([sleep(3, 'a'), bad(new TypeError('b')), bad(undefined), sleep(2, 'c')], {
        returnExceptions: true,
      })
      expect(results).toEqual(['a', new TypeError('b'), undefined, 'c'])
    }),
  )

  it(
    'is cancelled however deep it is nested, and its time limit holds',
    inVirtualTime(function* () {
      const leaf = new Future<void>({ loop: getRunningLoop() })
      let nested: Future<unknown> = leaf
      for (let depth = 0; depth < 8000; depth++) nested = gather([nested])
      const caught = yield* ending(timeout(10, () => nested))
      expect({ caught, leaf: leaf.cancelled(), at: getRunningLoop().time() }).toEqual({
        caught: expect.stringMatching(/^threw TimeoutError/),
        leaf: true,
        at: 10,
      })
    }),
  )

  // CPython: test_tasks.FutureGatherTests.test_one_cancellation
  // CPython: test_tasks.FutureGatherTests.test_result_exception_one_cancellation
  it(
    'throws a CancelledError when a child is cancelled, but is not cancelled itself, and cancels no other',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* child(name: string): Coroutine<string> {
        try {
          return yield* sleep(5, name)
        } catch (error) {
          log.push(`${name} ${(error as Error).message}`)
          throw error
        }
      }
      const tasks = ['a', 'b', 'c'].map((name) => createTask(child(name)))
      const gathering = gather(tasks)
      yield* sleep(1)
      tasks[1]?.cancel('child')
      log.push(
        yield* ending(gathering),
        gathering.cancelled(),
        gathering.done(),
        tasks.map((task) => task.done()),
      )
      log.push(yield* gather(tasks, { returnExceptions: true }))
      expect(log).toEqual([
        ...['b child', 'cancelled child', false, true, [false, true, false]],
        ['a', new CancelledError(''), 'c'], // the original went to the first who asked
      ])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_cancel_gather_1
  // CPython: test_tasks.BaseTaskTests.test_cancel_gather_2
  it.each([
    ['all give in', false, '', ['a', 'b', 'c'], 'cancelled gather'],
    ['the middle one refuses', false, 'b', ['a', 'b', 'c'], 'cancelled gather'],
    ['the last one refuses', false, 'c', ['a', 'b', 'c'], 'cancelled gather'],
    ['all refuse', false, 'abc', ['a', 'b', 'c'], 'cancelled '],
    ['all give in', true, '', ['a', 'b', 'c'], 'cancelled gather'],
    ['the last one refuses', true, 'c', ['a', 'b', 'c'], 'cancelled '],
    ['all refuse', true, 'abc', ['a', 'b', 'c'], 'cancelled '],
  ])(
    'cancels all its children when it is cancelled, and ends as they do: %s, returnExceptions: %s',
    inVirtualTime(function* (_name, returnExceptions, refusing, expected, outcome) {
      const log: unknown[] = []
      function* child(name: string): Coroutine<string> {
        try {
          return yield* sleep(5, name)
        } catch (error) {
          expect((error as Error).message).toBe('gather')
          log.push(name)
          if (refusing.includes(name)) return 'refused'
          throw error
        }
      }
      const gathering = gather([child('a'), child('b'), child('c')], { returnExceptions })
      yield* sleep(1)
      const accepted = gathering.cancel('gather')
      expect({ accepted, cancelled: gathering.cancelled(), done: gathering.done() }).toEqual({
        accepted: true,
        cancelled: false,
        done: false,
      })
      expect({ ending: yield* ending(gathering), cancelled: gathering.cancelled(), log }).toEqual({
        ending: outcome,
        cancelled: false,
        log: expected,
      })
    }),
  )

  it(
    'waits until those it cancelled have cleaned up, if exceptions are results',
    inVirtualTime(function* () {
      const loop = getRunningLoop()
      const start = loop.time()
      function* child(cleanUp: number): Coroutine<void> {
        try {
          yield* sleep(1000)
        } finally {
          yield* sleep(cleanUp)
        }
      }
      const gathering = gather([child(10), child(30), child(20)], { returnExceptions: true })
      yield* sleep(1)
      gathering.cancel()
      yield* ending(gathering)
      expect(loop.time() - start).toBe(31)
    }),
  )

  // CPython: test_tasks.FutureGatherTests.test_constructor_homogenous_futures
  // CPython: test_tasks.FutureGatherTests.test_constructor_heterogenous_futures
  it(
    'takes Futures, Tasks, coroutines, promises and other awaitables together',
    inVirtualTime(function* () {
      const future = getRunningLoop().createFuture<string>()
      future.setResult('future')
      function* child(): Coroutine<string> {
        return 'coroutine'
      }
      const awaitable = {
        *[Symbol.iterator](): Coroutine<string> {
          return yield* sleep(1, 'awaitable')
        },
      }
      const results = yield* gather([future, createTask(child()), child(), Promise.resolve('promise'), awaitable])
      expect(results).toEqual(['future', 'coroutine', 'coroutine', 'promise', 'awaitable'])
    }),
  )

  it(
    'is done at once when all are done already, or one of them has failed',
    inVirtualTime(function* () {
      const loop = getRunningLoop()
      const one = loop.createFuture<number>()
      const failed = loop.createFuture<number>()
      const pending = loop.createFuture<number>()
      one.setResult(1)
      failed.setException(new TypeError('failed'))
      const good = gather([one, one])
      const bad = gather([one, failed, pending])
      expect([good.done(), good.result(), bad.done(), yield* ending(bad)]).toEqual([
        ...[true, [1, 1], true, 'threw TypeError: failed'],
      ])
    }),
  )

  // CPython: test_tasks.CoroutineGatherTests.test_duplicate_coroutines
  it(
    'awaits the same one once, and gives its result wherever it stands',
    inVirtualTime(function* () {
      let runs = 0
      function* child(): Coroutine<number> {
        yield* sleep(1)
        return ++runs
      }
      const twice = child()
      const other = child()
      expect(yield* gather([twice, other, twice, twice])).toEqual([1, 2, 1, 1])
    }),
  )

  // CPython: test_tasks.FutureGatherTests.test_constructor_empty_sequence_use_running_loop
  it(
    'of nothing is done at once',
    inVirtualTime(function* () {
      const gathering = gather([])
      expect([gathering.done(), gathering.result(), gathering.getLoop() === getRunningLoop()]).toEqual([true, [], true])
      expect(yield* gathering).toEqual([])
    }),
  )

  // CPython: test_tasks.FutureGatherTests.test_constructor_empty_sequence_without_loop
  // CPython: test_tasks.FutureGatherTests.test_constructor_empty_sequence_use_global_loop
  // CPython: test_tasks.CoroutineGatherTests.test_constructor_without_loop
  // CPython: test_tasks.CoroutineGatherTests.test_constructor_use_global_loop
  it('outside a running loop belongs to the loop of its Futures, or to the loop that was set', () => {
    const loop = newEventLoop()
    const other = newEventLoop()
    setEventLoop(loop)
    try {
      const nothing = gather([])
      const coroutines = gather([sleep(1, 'a'), sleep(1, 'b')])
      expect({
        nothingIsSameLoop: nothing.getLoop() === loop,
        coroutinesIsSameLoop: coroutines.getLoop() === loop,
      }).toEqual({ nothingIsSameLoop: true, coroutinesIsSameLoop: true })
      expect(loop.runUntilCompleteSync(coroutines)).toEqual(['a', 'b'])
      setEventLoop(undefined)
      for (const list of [[], [sleep(1)]]) expect(() => gather(list)).toThrow('There is no current event loop')
      const future = other.createFuture<number>()
      const futures = gather([future, sleep(1, 'in the loop of the first')])
      other.callSoon(() => future.setResult(1))
      expect(futures.getLoop()).toBe(other)
      expect(other.runUntilCompleteSync(futures)).toEqual([1, 'in the loop of the first'])
    } finally {
      setEventLoop(undefined)
      loop.close()
      other.close()
    }
  })

  // CPython: test_tasks.CoroutineGatherTests.test_constructor_use_running_loop
  it(
    'of coroutines belongs to the running loop, where their Tasks are',
    inVirtualTime(function* () {
      const loop = getRunningLoop()
      const all = gather([sleep(1, 'a'), sleep(1, 'b')])
      expect([all.getLoop() === loop, allTasks({ loop }).size, yield* all]).toEqual([true, 3, ['a', 'b']])
    }),
  )

  it(
    'refuses Futures of two loops, and things that cannot be awaited',
    inVirtualTime(function* () {
      const other = newEventLoop()
      expect(() => gather([other.createFuture()])).toThrow(RangeError)
      expect(() => gather([other.createFuture()])).toThrow('The future belongs to a different loop')
      expect(() => gather([42 as never])).toThrow('a Future, a coroutine or an awaitable is required, got 42')
      expect(() => gather(sleep(0) as never)).toThrow(
        new TypeError('gather() takes an array, got <coroutine sleep(0)>. Write: gather([a(), b()])'),
      )
      other.close()
      yield* sleep(0)
    }),
  )

  it(
    'says so when it is destructured, spread or iterated over instead of awaited',
    inVirtualTime(function* () {
      const message = /did you forget `yield\*`\? <GatheringFuture pending> was iterated over/
      const make = () => gather([sleep(1, 'a'), sleep(1, 'b')]) as unknown as Iterable<string>
      const misuses = [
        () => {
          const [a, b] = make()
          return [a, b]
        },
        () => [...make()],
        () => {
          for (const item of make()) return item
          return undefined
        },
      ]
      for (const misuse of misuses) expect(misuse).toThrow(message)
      yield* sleep(10)
    }),
  )

  // CPython: test_tasks.CoroutineGatherTests.test_issue46672
  it(
    'leaves the children that it made before it came to something it cannot take',
    inVirtualTime(function* () {
      const log: string[] = []
      function* child(): Coroutine<void> {
        log.push('runs')
      }
      expect(() => gather([child(), 'no awaitable' as never])).toThrow(TypeError)
      yield* sleep(0)
      expect(log).toEqual(['runs'])
    }),
  )

  it('cancelled at every point leaves no child running', async () => {
    let running = 0
    function* child(delay: number): Coroutine<number> {
      running++
      try {
        return yield* sleep(delay, delay)
      } finally {
        try {
          yield* sleep(0)
        } finally {
          running--
        }
      }
    }
    for (const returnExceptions of [false, true]) {
      const points = await cancelEverywhere(
        function* program() {
          running = 0
          return yield* gather([child(1), child(2), gather([child(3), child(1)])], { returnExceptions })
        },
        function* check({ task }): Coroutine<void> {
          yield* sleep(100)
          expect(running).toBe(0)
          if (!task.cancelled()) expect(task.result()).toEqual([1, 2, [3, 1]])
        },
      )
      expect(points).toBeGreaterThan(15)
    }
  })
})
