import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { run } from '../run/run.ts'
import { runSync } from '../run/runner.ts'
import { Lock } from '../sync/lock.ts'
import { createTask, ensureFuture } from '../tasks/ensure-future.ts'
import { sleep } from './sleep.ts'

describe('sleep()', () => {
  it('counts from when it is awaited, not from when it is called', function* () {
    const loop = getRunningLoop()
    const start = loop.time()
    const later = sleep(100)
    yield* sleep(50)
    yield* later
    expect(loop.time() - start).toBe(150)
  })

  it('refuses an invalid time', () => {
    expect(() => sleep(Number.NaN)).toThrow(new RangeError('Invalid delay: NaN (not a number)'))
    expect(() => sleep('100' as never)).toThrow(new TypeError("delay must be a number of milliseconds, got '100'"))
    expect(() => sleep(undefined as never)).toThrow(TypeError)
    expect(() => sleep(10n as never)).toThrow(TypeError)
    const date = Date.UTC(2026, 10, 25)
    const message = `delay counts from now, in ms, got ${date}: for a date write \`date - Date.now()\``
    expect(() => sleep(date)).toThrow(new RangeError(message))
    expect(() => [1e12, 1e13, Number.POSITIVE_INFINITY].map((forever) => sleep(forever))).not.toThrow()
  })

  it('can be awaited once', function* () {
    for (const once of [sleep(1), sleep(0, 'result')]) {
      yield* once as Coroutine<unknown>
      let message = 'awaited again'
      try {
        yield* once as Coroutine<unknown>
      } catch (error) {
        message = `${(error as Error).constructor.name}: ${(error as Error).message}`
      }
      expect(message).toBe('RuntimeError: cannot reuse already awaited coroutine')
    }
  })

  it('can be made a Task of, which is named like any other', function* () {
    const zero = createTask(sleep(0))
    const some = ensureFuture(sleep(5, 'some'))
    expect([yield* zero, yield* some]).toEqual([undefined, 'some'])
  })

  it('is not a promise, and awaiting it in async code throws an error that says so', async () => {
    const hint =
      'is not a promise. Write `yield*` instead of `await`, or `return yield*`, in a `function*`; from async code `await run(…)`'
    function* forgotten(): Coroutine<unknown> {
      return sleep(10)
    }
    for (const [waiting, name] of [
      [async () => await sleep(10), 'sleep(10)'],
      [async () => await sleep(0), 'sleep(0)'],
      [() => Promise.all([sleep(5, 'x')]), 'sleep(5)'],
      [async () => await new Lock().acquire(), 'object Lock.acquire'],
      [() => run(forgotten()), 'sleep(10)'],
    ] as const) {
      await expect(waiting()).rejects.toThrow(new TypeError(`<coroutine ${name}> ${hint}`))
    }
  })

  it.each([0, 1])('of %s ms tells `using` that it must be awaited first', (delay) => {
    const dispose = (): unknown => Reflect.get(sleep(delay), Symbol.dispose)
    expect(dispose).toThrow(`did you forget \`yield*\`? <coroutine sleep(${delay})> must be awaited first`)
  })

  it('can be run as a program', () => {
    expect([runSync(sleep(0)), runSync(sleep(1, 'slept'))]).toEqual([undefined, 'slept'])
  })

  it('outside a running loop throws an error that says so', () => {
    expect(() => [...(sleep(1) as Iterable<unknown>)]).toThrow(/^no running event loop\. .*getHostLoop\(\)/)
  })

  it('says so when it is iterated over instead of awaited', function* () {
    const message = /^did you forget `yield\*`\? /
    for (const make of [() => sleep(0), () => sleep(0, 'x'), () => sleep(10)]) {
      expect(() => [...(make() as Iterable<unknown>)]).toThrow(message)
      expect(() => {
        const [first] = make() as Iterable<unknown>
        return first
      }).toThrow(message)
      expect(() => {
        for (const item of make() as Iterable<unknown>) expect(item).toBeDefined()
      }).toThrow(message)
    }
    yield* sleep(0) // and it goes on
  })

  it('says nothing when a coroutine that waits in it is closed', function* () {
    for (const make of [() => sleep(0), () => sleep(0, 'x'), () => sleep(10)]) {
      function* work(): Coroutine<void> {
        yield* make() as Coroutine<unknown>
      }
      const coroutine = work()
      const task = createTask(coroutine)
      yield* sleep(0)
      if (!task.done()) coroutine.return()
      yield* gather([task], { returnExceptions: true })
    }
  })
})
