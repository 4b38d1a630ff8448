import { availableParallelism } from 'node:os'
import { CancelledError, type Coroutine, RuntimeError, TimeoutError } from '@spindle/loop'
import { createTask, forEach, gather, run, runSync, sleep as taskSleep } from '@spindle/task'
import { afterAll, describe, expect, it } from 'vitest'
import { blockUntil } from '../futures/block-until.fixture.ts'
import * as calls from '../futures/calls.fixture.ts'
import {
  asCompleted,
  Barrier,
  BrokenThreadPool,
  Event,
  enumerate,
  type Future,
  type MapResults,
  Queue,
  setDefaultExecutor,
  Thread,
  ThreadPoolExecutor,
  transfer,
  wait,
  wrapFuture,
} from '../index.ts'

// Most tests share two threads: to start one takes long under tsx.
const executor = new ThreadPoolExecutor(2)
afterAll(() => executor.shutdown())

/** A call that runs until `go` is set. */
function blocked(pool = executor): { future: Future<string>; go: Event } {
  const [begun, go] = [new Event(), new Event()]
  const future = pool.submit(calls.meet, begun, go)
  begun.wait()
  return { future, go }
}

describe('submit', () => {
  it('calls the function on a thread, whatever kind of function it is', () => {
    const futures = [
      executor.submit(calls.add, 2, 3),
      executor.submit(calls.add, 2),
      executor.submit(calls.later, 5, 'async'),
      executor.submit(calls.plainCoroutine, 5),
      executor.submit(calls.wrapped, 5),
    ]
    expect(futures.map((future) => future.result())).toEqual([5, 3, 'async', 'plain', 'wrapped'])
  })

  it('passes on an object in place of keyword arguments, whatever their names', () => {
    const keywords = { fn: 3, self: 2, timeout: 0, wait: false }
    expect(executor.submit(calls.identity<unknown>, keywords).result()).toEqual(keywords)
    expect(() => executor.submit({ fn: calls.add } as unknown as () => void)).toThrow(TypeError)
  })

  it('is running while it runs, and pending while it waits in line', () => {
    const blocks = [blocked(), blocked()]
    const next = executor.submit(calls.add, 1)
    expect({
      'first running': blocks[0]?.future.running(),
      'next running': next.running(),
      'next done': next.done(),
    }).toEqual({ 'first running': true, 'next running': false, 'next done': false })
    for (const { go } of blocks) go.set()
    expect(next.result()).toBe(2)
  })

  it('continues while its thread blocks elsewhere', () => {
    const go = new Event()
    const futures = Array.from({ length: 6 }, () => executor.submit(calls.sleepFor, 5))
    futures.at(-1)?.addDoneCallback(() => go.set())
    expect(go.wait({ timeout: 60_000 })).toBe(true)
    const more = Array.from({ length: 6 }, () => executor.submit(calls.sleepFor, 1))
    blockUntil(() => more.every((future) => future.done()))
  })

  it('returns Futures that can be awaited in async code and in coroutines, in both kinds of run', async () => {
    expect(await executor.submit(calls.add, 1, 1)).toBe(2)
    function* main(): Coroutine<unknown> {
      const beside = createTask(taskSleep(1, 'slept'))
      const [a, b] = yield* gather([executor.submit(calls.add, 1, 2), executor.submit(calls.later, 10, 4)])
      return [a, b, yield* executor.submit(calls.add, 5), yield* beside]
    }
    expect([await run(main()), runSync(main())]).toEqual([
      [3, 4, 6, 'slept'],
      [3, 4, 6, 'slept'],
    ])
  })

  it('never runs a call that was cancelled before it started', () => {
    const blocks = [blocked(), blocked()]
    const ran = new Event()
    const future = executor.submit(calls.meet, ran, ran)
    expect({ cancel: future.cancel(), cancelled: future.cancelled() }).toEqual({ cancel: true, cancelled: true })
    for (const { go } of blocks) go.set()
    expect(() => future.result()).toThrow(CancelledError)
    expect(wait([future]).done.size).toBe(1)
    expect(ran.isSet()).toBe(false)
  })

  it('never runs a call that was cancelled before its thread had started, and runs the next call anyway', async () => {
    using pool = new ThreadPoolExecutor(1)
    const ran = new Event()
    const first = pool.submit(calls.meet, ran, ran)
    expect(first.running()).toBe(false)
    expect(first.cancel()).toBe(true)
    expect({ cancelled: first.cancelled(), running: first.running() }).toEqual({ cancelled: true, running: false })
    const [second, third] = [pool.submit(calls.meet, ran, ran), pool.submit(calls.add, 1)]
    expect(second.cancel()).toBe(true)
    expect({ third: third.result(), ran: ran.isSet() }).toEqual({ third: 2, ran: false })
    await expect(second).rejects.toThrow(CancelledError)
    expect(wait([first, second]).done.size).toBe(2)
  })

  it('shares Events, and clones the rest', () => {
    const event = new Event()
    event.set()
    expect(executor.submit(calls.isSet, event).result()).toBe(true)
    const value = { list: [1, new Map([[1, new Set([2n])]])], bytes: new Uint8Array(3) }
    expect(executor.submit(calls.identity<unknown>, value).result()).toEqual(value)
    expect(executor.submit(calls.identity<unknown>, [event, event]).result()).toSatisfy(
      ([a, b]: Event[]) => a instanceof Event && a === b && a.isSet(),
    )
  })

  it('may be used in a callback, which may wait for other calls, and shut the pool down', () => {
    const pool = new ThreadPoolExecutor(1)
    const log: unknown[] = []
    const futures = [1, 2, 3].map((n) => pool.submit(calls.add, n))
    for (const [n, future] of futures.entries()) future.addDoneCallback(() => log.push(futures[n + 1]?.result()))
    futures[0]?.addDoneCallback(() => {
      log.push(pool.submit(calls.add, 10).result())
      pool.shutdown()
    })
    expect(futures[0]?.result()).toBe(2)
    expect(log).toEqual([undefined, 4, 3, 11])
    expect(() => pool.submit(calls.add, 1)).toThrow(RuntimeError)
  })

  it('refuses a pool or a Future among the arguments: they belong to their thread', () => {
    const pending = blocked()
    const errors = [executor, pending.future].map((value) =>
      executor.submit(calls.identity<unknown>, value).exception(),
    )
    pending.go.set()
    expect(errors.map(String)).toEqual([
      expect.stringMatching(
        /^TypeError: the args of identity\(\) .*: <ThreadPoolExecutor at .*> belongs to the thread/,
      ),
      expect.stringMatching(/^TypeError: .*<Future at 0x7f.* state=running> belongs to the thread that made it/),
    ])
  })

  it('fails the one call whose module fails to load over there', async () => {
    const { fails } = await import('../fails-in-threads.fixture.ts')
    expect(() => executor.submit(fails).result()).toThrow(
      /fails\(\) can't be called, as its module .* fails there: not in/,
    )
    expect(executor.submit(calls.add, 1).result()).toBe(2)
  })

  it('may be called in a call, on another pool', () => {
    expect(executor.submit(calls.squares, [1, 2, 3]).result()).toEqual([1, 4, 9])
    expect(executor.submit(calls.pidFromPool).result()).not.toBe(process.pid)
  })

  it('refuses a value that is not an exported function at once', () => {
    expect(() => executor.submit(calls.closure(1))).toThrow(/was made inside another function/)
    expect(() => executor.submit(calls.isSet.bind(null, new Event()))).toThrow(TypeError)
    expect(() => executor.submit(3 as unknown as () => void)).toThrow(
      /^a function was expected, got 3\. Pass the function itself/,
    )
    expect(() => executor.submit(calls.notExported()).result()).toThrow(/hidden\(\) at .* is not exported/)
  })

  it('fails the one call whose arguments or result cannot be cloned', () => {
    const log = [
      executor.submit(calls.identity<unknown>, () => {}),
      executor.submit(calls.givesFunction),
      executor.submit(calls.fails, 'function'),
    ].map((future) => future.exception())
    expect(log.map(String)).toEqual([
      expect.stringMatching(
        /^TypeError: the args of identity\(\) can't be sent to another thread: .*could not be cloned/,
      ),
      expect.stringMatching(/^TypeError: the result of the call can't be sent back: .*could not be cloned/s),
      expect.stringMatching(/^TypeError: what was thrown can't be sent to another thread: \(\) ?=> ?kind/),
    ])
    expect(executor.submit(calls.add, 1).result()).toBe(2)
  })
})

describe('an error in a call', () => {
  const thrown = (kind: string): unknown => executor.submit(calls.fails, kind).exception()

  it('arrives with its type, its fields and the stack over there', () => {
    const own = thrown('own') as calls.OwnError
    expect([own, own.message, own.code]).toEqual([expect.any(calls.OwnError), 'mine', 7])
    expect(own.stack).toMatch(/Error: mine\n {4}at fails \(.*calls\.fixture\.ts/)
    expect(thrown('runtime')).toBeInstanceOf(RuntimeError)
    expect(thrown('named')).toMatchObject({ name: 'StrangeError', syscall: 'open' })
  })

  it('arrives with its causes, and with the errors it contains', () => {
    const outer = thrown('cause') as Error
    expect([outer.cause, (outer.cause as Error).cause]).toEqual([new RangeError('inner'), { plain: true }])
    const group = thrown('group') as AggregateError
    expect([group, group.errors]).toEqual([expect.any(AggregateError), [new TypeError('one'), 'two']])
  })

  it('may be anything', () => {
    const future = executor.submit(calls.fails, 'undefined')
    expect([future.exception(), `${future}`]).toEqual([undefined, expect.stringMatching(/raised undefined>$/)])
  })
})

describe('map', () => {
  it('refuses an iterable that does not end, at once, and cancels its calls', () => {
    using pool = new ThreadPoolExecutor(1)
    function* endless(): Generator<number> {
      for (let n = 0; ; n++) yield n
    }
    expect(() => pool.map(calls.add, endless(), endless())).toThrow(/may have no end.*Pass bufferSize/)
    expect(pool.stats().queued).toBe(0)
    expect(pool.map(calls.add, endless(), endless(), { bufferSize: 2 }).next()).toEqual({ done: false, value: 0 })
  })

  it('returns the results in the order of the items, from one or several iterables', async () => {
    const numbers = [0, 1, 2, 3, 4]
    expect([...executor.map(calls.multiply, numbers, numbers)]).toEqual([0, 1, 4, 9, 16])
    expect([...executor.map(calls.multiply, numbers, [1, 2])]).toEqual([0, 2])
    expect([...executor.map(calls.add, numbers)]).toEqual([1, 2, 3, 4, 5])
    expect([...executor.map(calls.multiply, numbers, numbers, { chunkSize: 3 })]).toEqual([0, 1, 4, 9, 16])
    expect([...executor.map(calls.add, [])]).toEqual([])
    const results: number[] = []
    for await (const result of executor.map(calls.later<number>, [10, 1], [1, 2])) results.push(result)
    function* main(): Coroutine<void> {
      yield* forEach(executor.map(calls.add, numbers, { chunkSize: 2 }), function* (result) {
        results.push(result)
      })
    }
    runSync(main())
    expect(results).toEqual([1, 2, 1, 2, 3, 4, 5])
  })

  it('throws the error of a call where its result is taken, and ends there', () => {
    const results = executor.map(calls.divide, [1, 1, 1, 1], [2, 3, 0, 5])
    expect([results.next().value, results.next().value]).toEqual([1 / 2, 1 / 3])
    expect(() => results.next()).toThrow(new RangeError('division by zero'))
    expect(results.next()).toEqual({ done: true, value: undefined })
  })

  it('throws a TimeoutError for late results, however it is iterated', async () => {
    using pool = new ThreadPoolExecutor(1)
    const results: string[] = []
    const open = new Event()
    open.set()
    // The third call has begun, so the two before it are done, and it ends when the test has.
    const go = new Event()
    const call = (): MapResults<string> => {
      const begun = new Event()
      const mapped = pool.map(calls.meet, [new Event(), new Event(), begun], [open, open, go], { timeout: 1 })
      begun.wait()
      return mapped
    }
    const calling = [
      () => {
        for (const result of call()) results.push(result)
      },
      async () => {
        for await (const result of call()) results.push(result)
      },
      () =>
        runSync(
          forEach(call(), function* (result) {
            results.push(result)
          }),
        ),
    ]
    for (const iterate of calling) {
      await expect((async () => iterate())()).rejects.toEqual(new TimeoutError('map() has not ended within 1 ms'))
      expect(results.splice(0)).toHaveLength(2)
      go.set()
      pool.submit(calls.add, 1).result() // the third call is done
      go.clear()
    }
  })

  it('starts before a result is requested', () => {
    const [begun, go] = [new Event(), new Event()]
    go.set()
    executor.map(calls.meet, [begun], [go])
    expect(begun.wait({ timeout: 60_000 })).toBe(true)
  })

  it('takes items only as far as the buffer allows', () => {
    const asked: number[] = []
    function* items(): Generator<number> {
      for (let n = 0; ; n++) {
        asked.push(n)
        yield n
      }
    }
    const results = executor.map(calls.add, items(), { bufferSize: 2 })
    expect(asked).toEqual([0, 1])
    expect([results.next().value, results.next().value, asked]).toEqual([1, 2, [0, 1, 2, 3]])
    results.return()
  })

  it('cancels calls that have not started when iteration ends early', () => {
    const blocks = [blocked(), blocked()]
    const [begun, go] = [new Event(), new Event()]
    go.set()
    const results = executor.map(calls.meet, [begun, begun], [go, go])
    results.return()
    for (const { go } of blocks) go.set()
    executor.submit(calls.add, 1).result()
    expect(begun.isSet()).toBe(false)
  })

  it('refuses a value that is not iterable, even if it looks like options', () => {
    const nothing = {
      ['an empty object']: {},
      ['a promise']: Promise.resolve([1]),
    }
    for (const given of Object.values(nothing)) {
      expect(() => executor.map(calls.add, given as never)).toThrow(/^map\(\) takes iterables, and options at the end/)
      expect(() => executor.map(calls.add, [1], given as never, {})).toThrow(TypeError)
    }
  })

  it('refuses options that there are not, everywhere', () => {
    const future = executor.submit(calls.add, 1)
    const bad = { timeOut: 1 } as never
    const refusals = [
      () => executor.shutdown(bad),
      () => wait([future], bad),
      () => asCompleted([future], bad),
      () => wrapFuture(future, bad),
      () => setDefaultExecutor(executor, bad),
      () => new Barrier(1, bad),
      () => new Queue().shutdown(bad),
      () => new Thread({ target: calls.add, args: [1], timeOut: 1 } as never),
    ].map((call) => {
      try {
        return call()
      } catch (error) {
        return String(error).split('.')[0]
      }
    })
    expect(refusals).toEqual([
      ...['shutdown()', 'wait()', 'asCompleted()', 'wrapFuture()', 'setDefaultExecutor()', 'Barrier'].map(refused),
      ...['Queue', 'Thread has no option `timeOut`'].map((text) => expect.stringContaining(text)),
    ])
    function refused(name: string): string {
      return `TypeError: ${name} has no option \`timeOut\``
    }
  })

  it('refuses options that a pool does not have', () => {
    expect(() => new ThreadPoolExecutor(1, { initargs: [1] } as never)).toThrow(
      /^ThreadPoolExecutor has no option `initargs`. It has `threadNamePrefix`, `initializer`, `initArgs`/,
    )
  })

  it('refuses sizes below 1, and values that are not iterable', () => {
    expect(() => executor.map(calls.add, [1], { chunkSize: 0 })).toThrow(new RangeError('chunkSize must be > 0, got 0'))
    expect(() => executor.map(calls.add, [1], { bufferSize: 0 })).toThrow(RangeError)
    expect(() => executor.map(calls.add, [1], { bufferSize: 1.5 })).toThrow(TypeError)
    expect(() => executor.map(calls.add, 3 as never)).toThrow('map() takes iterables, and options at the end, got [3]')
    expect(() => executor.map(calls.add, [1], { chunksize: 2 } as never)).toThrow(
      new TypeError('map() has no option `chunksize`. It has `timeout`, `chunkSize`, `bufferSize`'),
    )
    expect(() => executor.map([1] as unknown as () => void)).toThrow(
      /^a function was expected, got \[1\]\. Pass the function itself/,
    )
  })
})

describe('the threads of a pool', () => {
  it('are named after it, started when needed, and used again when idle', () => {
    const named = new ThreadPoolExecutor(5, { threadNamePrefix: 'crew' })
    const names = [1, 2, 3].map(() => named.submit(calls.threadName).result())
    named.shutdown()
    expect(names).toEqual(['crew_0', 'crew_0', 'crew_0'])
    const unnamed = new ThreadPoolExecutor(2)
    expect(unnamed.submit(calls.threadName).result()).toMatch(/^ThreadPoolExecutor-\d+_0$/)
    unnamed.shutdown()
  })

  it('are no more than allowed, however many calls wait, and have ended after shutdown', () => {
    const saturated = new ThreadPoolExecutor(2, { threadNamePrefix: 'saturated' })
    const go = new Event()
    for (let n = 0; n < 20; n++) saturated.submit(calls.waitFor, go)
    const threads = (): Thread[] => enumerate().filter(({ name }) => name.startsWith('saturated'))
    expect(threads().map(({ name }) => name)).toEqual(['saturated_0', 'saturated_1'])
    go.set()
    saturated.shutdown()
    expect(threads()).toEqual([])
  })

  it('are prepared by the initializer', () => {
    const prepared = new ThreadPoolExecutor(1, { initializer: calls.prepare, initArgs: ['prepared'] })
    expect(prepared.submit(calls.whatIsPrepared).result()).toBe('prepared')
    prepared.shutdown()
  })

  it('break the pool when the initializer fails', () => {
    const broken = new ThreadPoolExecutor(1, { initializer: calls.failsToPrepare })
    const futures = [broken.submit(calls.add, 1), broken.submit(calls.add, 2)]
    const message = 'A thread initializer failed, the thread pool is not usable anymore'
    for (const future of futures) expect(() => future.result()).toThrow(new BrokenThreadPool(message))
    expect(futures[0]?.exception()).toMatchObject({ cause: new RangeError('not today') })
    expect(() => broken.submit(calls.add, 1)).toThrow(BrokenThreadPool)
    broken.shutdown()
  })

  it('are not started if the arguments of the initializer cannot be sent', () => {
    const pool = new ThreadPoolExecutor(1, { initializer: calls.identity<unknown>, initArgs: [Symbol.iterator] })
    const message = "initArgs can't be sent to another thread: Symbol(Symbol.iterator) could not be cloned."
    expect(() => pool.submit(calls.add, 1)).toThrow(new TypeError(message))
    pool.shutdown()
  })

  it('says what a function has done to its thread that ends it', async () => {
    const pool = new ThreadPoolExecutor(1)
    await pool.submit(calls.makesObjectsThenable)
    await expect(pool.submit(calls.add, 1).then()).rejects.toThrow(/ended before the call did: .*no object works here/)
    expect(await pool.submit(calls.add, 1)).toBe(2)
    pool.shutdown()
  })

  it('fail only their current call when they end, and are replaced', () => {
    const single = new ThreadPoolExecutor(1)
    const futures = [single.submit(calls.leave, 1), single.submit(calls.add, 1)]
    expect(String(futures[0]?.exception())).toBe(
      'BrokenThreadPool: the thread that ran leave() ended before the call did: exit code 1',
    )
    expect(futures[1]?.result()).toBe(2)
    single.shutdown()
  })

  it('do not fail a call that they had not started when they ended, unless its arguments have moved there', () => {
    using single = new ThreadPoolExecutor(1)
    const afterItsEnd = (submit: () => Future): Future => {
      const [go, gone] = [new Event(), new Int32Array(new SharedArrayBuffer(4))]
      single.submit(calls.leaveExit, go, gone).result()
      go.set()
      expect(Atomics.wait(gone, 0, 0, 10_000)).not.toBe('timed-out')
      return submit()
    }
    const [buffer, other] = [new ArrayBuffer(8), new ArrayBuffer(8)]
    expect(afterItsEnd(() => single.submit(calls.add, 1)).result()).toBe(2)
    expect(afterItsEnd(() => single.submit(calls.identity<ArrayBuffer>, buffer)).result()).toEqual(other)
    expect(String(afterItsEnd(() => single.submit(calls.identity<ArrayBuffer>, transfer(other))).exception())).toBe(
      'BrokenThreadPool: the thread that ran identity() ended before the call did: exit code 3',
    )
    expect(single.submit(calls.add, 1).result()).toBe(2)
  })

  it('release the values of calls, idle or not', () => {
    using single = new ThreadPoolExecutor(1)
    blockUntil(() => single.submit(calls.leaveObject, {}).result())
    using busy = new ThreadPoolExecutor(1)
    const isLetGo = (): boolean =>
      busy.submit(calls.leaveObject).result() || Math.max(...busy.map(calls.add, new Array<number>(1500).fill(1))) < 0
    blockUntil(isLetGo)
  })

  it('continue work that a call has left behind while they are idle', () => {
    const event = new Event()
    executor.submit(calls.leaveTimer, event).result()
    expect(event.wait({ timeout: 60_000 })).toBe(true)
  })

  it('are at least one', () => {
    for (const number of [0, -1]) {
      expect(() => new ThreadPoolExecutor(number)).toThrow(
        new RangeError(`maxWorkers must be greater than 0, got ${number}`),
      )
    }
    expect(() => new ThreadPoolExecutor(1.5)).toThrow(TypeError)
    expect(() => new ThreadPoolExecutor(1, { initializer: 3 as never })).toThrow('initializer must be a callable')
    expect(() => new ThreadPoolExecutor(1, { initializer: calls.closure(1) })).toThrow(
      /was made inside another function/,
    )
    expect(availableParallelism()).toBeGreaterThan(0)
    new ThreadPoolExecutor().shutdown()
  })
})

describe('shutdown', () => {
  it('waits for all calls, and refuses new ones', () => {
    const pool = new ThreadPoolExecutor(1)
    const futures = Array.from({ length: 10 }, () => pool.submit(calls.sleepFor, 2))
    pool.shutdown()
    expect(futures.map((future) => future.result({ timeout: 0 }))).toEqual(Array(10).fill(2))
    expect(() => pool.submit(calls.add, 1)).toThrow(new RuntimeError('cannot schedule new futures after shutdown'))
    expect(() => pool.map(calls.add, [])).toThrow(RuntimeError)
    pool.shutdown()
  })

  it('comes right after the calls, and before any has begun', () => {
    const pool = new ThreadPoolExecutor(1)
    const results = pool.map(calls.add, [2, 2, 2])
    pool.shutdown()
    expect([...results]).toEqual([3, 3, 3])
  })

  it('ends even if the last worker dies, with waiting calls that can and can not be sent', () => {
    const pool = new ThreadPoolExecutor(1)
    const futures = [
      pool.submit(calls.leave, 1),
      pool.submit(calls.identity<unknown>, () => {}),
      pool.submit(calls.add, 1),
    ]
    pool.shutdown()
    expect(futures.filter((future) => !future.done())).toEqual([])
    expect(futures[2]?.result()).toBe(2)
  })

  it('lets the calls finish with { wait: false }', () => {
    const pool = new ThreadPoolExecutor(1)
    const futures = [1, 2, 3].map((n) => pool.submit(calls.add, n))
    pool.shutdown({ wait: false })
    expect(futures.map((future) => future.result())).toEqual([2, 3, 4])
  })

  it('on request, cancels calls that have not started', () => {
    const pool = new ThreadPoolExecutor(1)
    const { future, go } = blocked(pool)
    const others = [1, 2, 3].map((n) => pool.submit(calls.add, n))
    pool.shutdown({ wait: false, cancelFutures: true })
    go.set()
    expect(others.filter((other) => !other.cancelled())).toEqual([])
    expect(future.result()).toMatch(/^ThreadPoolExecutor/)
    expect(wait(others).pending.size).toBe(0)
  })

  it('comes at the end of a block, which blocks or awaits', async () => {
    let future: Future<number>
    {
      using pool = new ThreadPoolExecutor(1)
      future = pool.submit(calls.sleepFor, 20)
    }
    expect(future.done()).toBe(true)
    {
      await using pool = new ThreadPoolExecutor(1)
      future = pool.submit(calls.sleepFor, 20)
    }
    expect(future.result({ timeout: 0 })).toBe(20)
  })
})

describe('terminate', () => {
  it('ends calls that never would, and cancels the others; using ends then', async () => {
    const [begun, also] = [new Event(), new Event()]
    const futures: Future[] = []
    {
      using pool = new ThreadPoolExecutor(1)
      futures.push(pool.submit(calls.neverStops, begun), pool.submit(calls.add, 1))
      begun.wait()
      pool.terminate()
      expect(() => pool.submit(calls.add, 1)).toThrow('cannot schedule new futures after shutdown')
    }
    {
      await using pool = new ThreadPoolExecutor(1)
      futures.push(pool.submit(calls.neverStops, also))
      also.wait()
      pool.terminate()
      pool.terminate()
    }
    new ThreadPoolExecutor(1).terminate()
    expect(
      futures.map((future) => (future.cancelled() ? 'cancelled' : String(future.exception({ timeout: 0 })))),
    ).toEqual([
      'BrokenThreadPool: the thread that ran neverStops() ended before the call did: the pool was terminated',
      'cancelled',
      'BrokenThreadPool: the thread that ran neverStops() ended before the call did: the pool was terminated',
    ])
  })

  it('follows the timeout of a shutdown that is not done, whether it is waited for or not', async () => {
    const begun = [new Event(), new Event()]
    const [waited, left] = begun.map((event) => {
      const pool = new ThreadPoolExecutor(1)
      return { pool, stuck: pool.submit(calls.neverStops, event), next: pool.submit(calls.add, 1) }
    })
    for (const event of begun) event.wait()
    waited?.pool.shutdown({ timeout: 20 })
    left?.pool.shutdown({ timeout: 20, wait: false })
    await left?.pool.ended()
    for (const pool of [waited, left])
      expect([pool?.stuck.exception({ timeout: 0 }), pool?.next.cancelled()]).toEqual([
        expect.any(BrokenThreadPool),
        true,
      ])
    const quick = new ThreadPoolExecutor(1)
    const future = quick.submit(calls.add, 1)
    quick.shutdown({ timeout: 600_000 })
    expect(future.result({ timeout: 0 })).toBe(2)
    expect(() => quick.shutdown({ timeout: Number.NaN })).toThrow(RangeError)
  })
})

describe('a running call that is cancelled', () => {
  it('continues, but is requested to stop, by a flag and a signal', () => {
    const log = [calls.untilStopped, calls.untilAborted].map((fn) => {
      const begun = new Event()
      const future = executor.submit(fn, begun)
      begun.wait()
      return [future.cancel(), future.result()]
    })
    expect(log).toEqual([
      [false, 'stopped'],
      [false, 'aborted: true true'],
    ])
    expect(executor.submit(calls.threadName).result()).toMatch(/^ThreadPool/)
  })

  it('is ended with its thread after the grace time, and no other', () => {
    const strict = new ThreadPoolExecutor(2, { graceTime: 50 })
    const [begun, other] = [new Event(), blocked(strict)]
    const future = strict.submit(calls.neverStops, begun)
    begun.wait()
    future.cancel()
    expect(() => future.result()).toThrow(BrokenThreadPool)
    other.go.set()
    expect(other.future.result()).toMatch(/_0$/)
    expect(strict.submit(calls.add, 1).result()).toBe(2)
    strict.shutdown()
  })
})
