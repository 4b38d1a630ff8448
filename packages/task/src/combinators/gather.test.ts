// The logs are those that the same programs write on CPython 3.14.

import { type Coroutine, type EventLoop, Future, getRunningLoop, setEventLoop, VirtualClock } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { randomCases } from '../../../../test/tooling/long-form.ts'
import { sleep } from '../coroutines/sleep.ts'
import { ending } from '../outcome.fixture.ts'
import { timeout } from '../scopes/timeout.ts'
import { allTasks } from '../tasks/current-task.ts'
import { eagerTaskFactory } from '../tasks/eager-task-factory.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { gather } from './gather.ts'

describe('gather()', () => {
  it('waits for each of the list before the next one begins, which may be eager and wait for the same', function* () {
    const loop = getRunningLoop()
    loop.setTaskFactory(eagerTaskFactory)
    const log: unknown[] = []
    const first = loop.createFuture<void>()
    let all: Future | undefined
    function* second(): Coroutine<void> {
      first.addDoneCallback(() => log.push({ done: all?.done() }))
    }
    all = gather([first, second()])
    first.setResult()
    yield* all
    expect(log).toEqual([{ done: true }])
  })

  it('takes what was in the list when it was called, whatever a function of the list adds', function* () {
    function* two(): Coroutine<number> {
      return 2
    }
    const list: (() => Coroutine<number>)[] = []
    list.push(() => {
      list.push(two)
      return two()
    })
    expect(yield* gather(list)).toEqual([2])
    expect(list).toHaveLength(2)
  })

  it('that throws because an item cannot be awaited counts the exceptions of the others as retrieved', function* () {
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
  })

  it('is cancelled however deep it is nested, and its time limit holds', function* () {
    const leaf = new Future<void>({ loop: getRunningLoop() })
    let nested: Future<unknown> = leaf
    for (let depth = 0; depth < 8000; depth++) nested = gather([nested])
    const caught = yield* ending(timeout(10, () => nested))
    expect({ caught, leaf: leaf.cancelled(), at: getRunningLoop().time() }).toEqual({
      caught: expect.stringMatching(/^threw TimeoutError/),
      leaf: true,
      at: 10,
    })
  })

  it('takes Futures, Tasks, coroutines, promises and other awaitables together', function* () {
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
  })

  it('ends in the same iteration in real time as in virtual time, whatever its children do', () => {
    const child = fc.record({ rounds: fc.nat(3), end: fc.constantFrom('return', 'return', 'throw', 'cancel') })
    const children = fc.array(child, { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(children, fc.boolean(), (list, returnExceptions) => {
        const inVirtualTime = logOf(newEventLoop({ clock: new VirtualClock() }), list, returnExceptions)
        expect(logOf(newEventLoop(), list, returnExceptions)).toEqual(inVirtualTime)
      }),
      { numRuns: randomCases(300) },
    )
  })

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
      loop.close()
      other.close()
    }
  })

  it('of coroutines belongs to the running loop, where their Tasks are', function* () {
    const loop = getRunningLoop()
    const all = gather([sleep(1, 'a'), sleep(1, 'b')])
    expect(all.getLoop()).toBe(loop)
    expect(allTasks({ loop }).size).toBe(3)
    expect(yield* all).toEqual(['a', 'b'])
  })

  it(
    'refuses Futures of two loops, and things that cannot be awaited',
    function* () {
      const other = newEventLoop()
      expect(() => gather([other.createFuture()])).toThrow(RangeError)
      expect(() => gather([other.createFuture()])).toThrow('The future belongs to a different loop')
      expect(() => gather([42 as never])).toThrow('a Future, a coroutine or an awaitable is required, got 42')
      expect(() => gather(sleep(0) as never)).toThrow(
        new TypeError('gather() takes an array, got <coroutine sleep(0)>. Write: gather([a(), b()])'),
      )
      other.close()
      yield* sleep(0)
    },
    { allow: { coroutines: 'they are refused' } },
  )

  it('says so when it is destructured, spread or iterated over instead of awaited', function* () {
    const message = /did you forget `yield\*`\? <GatheringFuture pending.*> was iterated over/
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
  })

  it('leaves the children that it made before it came to something it cannot take', function* () {
    const log: string[] = []
    function* child(): Coroutine<void> {
      log.push('runs')
    }
    expect(() => gather([child(), 'no awaitable' as never])).toThrow(TypeError)
    yield* sleep(0)
    expect(log).toEqual(['runs'])
  })
})

interface Child {
  readonly rounds: number
  readonly end: string
}

/** Whether a gather is done, in each iteration and after each child that ends, and how it ends. */
function logOf(loop: EventLoop, children: readonly Child[], returnExceptions: boolean): unknown[] {
  const log: unknown[] = []
  let all: Future | undefined
  const look = (): unknown => log.push(all?.done())
  function* behave({ rounds, end }: Child): Coroutine<string> {
    try {
      for (let round = 0; round < rounds; round++) yield* sleep(0)
      if (end === 'cancel') loop.currentTask?.cancel()
      if (end === 'cancel') yield* sleep(0)
      if (end === 'throw') throw new Error(`after ${rounds}`)
      return `after ${rounds}`
    } finally {
      loop.callSoon(look)
    }
  }
  function* main(): Coroutine<void> {
    all = gather(children.map(behave), { returnExceptions })
    for (let iteration = 0; iteration < 8; iteration++) {
      look()
      yield* sleep(0)
    }
    log.push(yield* ending(all))
  }
  loop.runUntilCompleteSync(main())
  loop.close()
  return log
}
