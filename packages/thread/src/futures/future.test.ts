import { inspect } from 'node:util'
import { CancelledError, DeadlockError, InvalidStateError, RuntimeError, TimeoutError } from '@spindle/loop'
import { gather, run, runSync } from '@spindle/task'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { ThreadPoolExecutor } from '../executors/thread-pool-executor.ts'
import * as calls from './calls.fixture.ts'
import { Future } from './future.ts'
import { wrapFuture } from './wrap-future.ts'

type Made = 'pending' | 'running' | 'cancelled' | 'notified' | 'failed' | 'returned'

function make(state: Made): Future {
  const future = new Future()
  if (state === 'running' || state === 'failed' || state === 'returned') future.setRunningOrNotifyCancel()
  if (state === 'cancelled' || state === 'notified') future.cancel()
  if (state === 'notified') future.setRunningOrNotifyCancel()
  if (state === 'failed') future.setException(new RangeError('no'))
  if (state === 'returned') future.setResult('text')
  return future
}

const states: Made[] = ['pending', 'running', 'cancelled', 'notified', 'failed', 'returned']
const forEachState = (ask: (future: Future) => unknown): unknown[] => states.map((state) => ask(make(state)))

/** The states with a positive answer. */
const inStates = (ask: (future: Future) => boolean): string[] => states.filter((state) => ask(make(state)))

describe('Future', () => {
  it('names the wait and the time in its TimeoutError', () => {
    const running = make('running')
    const text = (ask: () => unknown): string => {
      try {
        return `returned ${ask()}`
      } catch (error) {
        return String(error)
      }
    }
    expect([text(() => running.result({ timeout: 1 })), text(() => running.exception({ timeout: 0 }))]).toEqual([
      `TimeoutError: result() of ${running} did not come within 1 ms`,
      `TimeoutError: exception() of ${running} did not come within 0 ms`,
    ])
  })

  it('is printed with its state, and with its result or exception', () => {
    const printed = forEachState(String) as string[]
    for (const text of printed) expect(text).toMatch(/^<Future at 0x7f[0-9a-f]{10} state=.*>$/)
    expect(printed.map((text) => text.replace(/^.* state=(.*)>$/, '$1'))).toEqual([
      'pending',
      'running',
      'cancelled',
      'cancelled',
      'finished raised RangeError',
      'finished returned string',
    ])
    const future = make('pending')
    expect(inspect(future)).toBe(String(future))
  })

  it('is cancelled only if it has not begun', () => {
    expect(inStates((future) => future.cancel())).toEqual(['pending', 'cancelled', 'notified'])
  })

  it('reports its state', () => {
    expect(inStates((future) => future.cancelled())).toEqual(['cancelled', 'notified'])
    expect(inStates((future) => future.done())).toEqual(['cancelled', 'notified', 'failed', 'returned'])
    expect(inStates((future) => future.running())).toEqual(['running'])
  })

  it('returns its outcome, or throws a TimeoutError if there is none in time', () => {
    expect(() => make('pending').result({ timeout: 0 })).toThrow(TimeoutError)
    expect(() => make('running').result({ timeout: 1 })).toThrow(TimeoutError)
    expect(() => make('running').result({ timeout: -1 })).toThrow(TimeoutError)
    expect(() => make('cancelled').result({ timeout: 0 })).toThrow(CancelledError)
    expect(() => make('notified').result({ timeout: 0 })).toThrow(CancelledError)
    expect(() => make('failed').result({ timeout: 0 })).toThrow(new RangeError('no'))
    expect(make('returned').result({ timeout: 0 })).toBe('text')

    expect(() => make('pending').exception({ timeout: 0 })).toThrow(TimeoutError)
    expect(() => make('cancelled').exception({ timeout: 0 })).toThrow(CancelledError)
    expect(make('failed').exception({ timeout: 0 })).toEqual(new RangeError('no'))
    expect(make('returned').exception({ timeout: 0 })).toBeUndefined()
  })

  it('distinguishes a thrown undefined from a result', () => {
    const future = new Future()
    future.setException(undefined)
    const thrown: unknown[] = []
    try {
      future.result()
    } catch (error) {
      thrown.push(error)
    }
    expect([thrown, String(future)]).toEqual([[undefined], expect.stringMatching(/finished raised undefined>$/)])
  })

  it('refuses to block forever where nothing could ever end it', () => {
    expect(() => make('pending').result()).toThrow(DeadlockError)
    expect(() => make('pending').result()).toThrow(/result\(\) of <Future at .* state=pending> would wait forever/)
  })

  it('refuses a timeout that is not a number', () => {
    expect(() => make('pending').result({ timeout: Number.NaN })).toThrow(RangeError)
    expect(() => make('pending').result('1' as never)).toThrow(TypeError)
  })

  it('ends once', () => {
    const returned = make('returned')
    expect(() => returned.setResult(2)).toThrow(InvalidStateError)
    expect(() => returned.setResult(2)).toThrow(/^FINISHED: <Future at .* state=finished returned string>$/)
    const failed = make('failed')
    expect(() => failed.setException(new Error('again'))).toThrow(
      /^FINISHED: <Future at .* state=finished raised RangeError>$/,
    )
    expect([returned.result(), failed.exception()]).toEqual(['text', new RangeError('no')])
    expect(() => make('cancelled').setResult(1)).toThrow(InvalidStateError)
  })

  it('begins once, and not at all if it was cancelled', () => {
    expect(make('pending').setRunningOrNotifyCancel()).toBe(true)
    expect(make('cancelled').setRunningOrNotifyCancel()).toBe(false)
    for (const state of ['running', 'notified', 'returned'] as const) {
      expect(() => make(state).setRunningOrNotifyCancel()).toThrow(new RuntimeError('Future in unexpected state'))
    }
  })
})

describe('addDoneCallback', () => {
  afterEach(() => vi.restoreAllMocks())

  it('calls the callback once, when the Future is done, however it ends', () => {
    const log: unknown[] = []
    for (const end of [
      (future: Future) => future.setResult(5),
      (future: Future) => future.setException(new Error('test')),
      (future: Future) => future.cancel(),
    ]) {
      const future = new Future()
      future.addDoneCallback((done) => log.push(done === future && (done.cancelled() || done.exception())))
      end(future)
    }
    expect(log).toEqual([undefined, new Error('test'), true])
  })

  it('calls the other callbacks even if one throws, and reports that', () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {})
    const log: string[] = []
    const raises = (): never => {
      log.push('raises')
      throw new Error('doh!')
    }
    const future = new Future()
    future.addDoneCallback(raises)
    future.addDoneCallback(() => log.push('other'))
    future.setResult(5)
    future.addDoneCallback(raises)
    expect(log).toEqual(['raises', 'other', 'raises'])
    expect(report).toHaveBeenCalledTimes(2)
    expect(report.mock.calls[0]).toEqual([
      expect.stringMatching(/^exception calling callback for <Future at .* state=finished returned number>/),
      new Error('doh!'),
    ])
  })

  it('calls the callback at once if the Future is done', () => {
    const called: Made[] = []
    for (const state of states) make(state).addDoneCallback(() => called.push(state))
    expect(called).toEqual(['cancelled', 'notified', 'failed', 'returned'])
    expect(() => make('pending').addDoneCallback(3 as never)).toThrow('a callable object was expected, got 3')
  })
})

describe('awaiting a Future', () => {
  it('returns its outcome in plain async code', async () => {
    const future = new Future<number>()
    setTimeout(() => future.setResult(7), 1)
    expect(await future).toBe(7)
    await expect(make('failed')).rejects.toThrow('no')
    await expect(make('cancelled')).rejects.toThrow(CancelledError)
  })

  it('returns its outcome in a coroutine, in both kinds of run, also among others', async () => {
    function* main() {
      const caught: unknown[] = []
      try {
        yield* make('failed')
      } catch (error) {
        caught.push(error)
      }
      return [yield* make('returned'), ...(yield* gather([make('returned'), wrapFuture(make('returned'))])), caught]
    }
    const expected = ['text', 'text', 'text', [new RangeError('no')]]
    expect([runSync(main()), await run(main())]).toEqual([expected, expected])
  })
})

describe('a thread that blocks in a Future', () => {
  const executor = new ThreadPoolExecutor(1)
  afterAll(() => executor.shutdown())
  const LONG = 15_000

  it('continues when the call ends, with its result or its error', () => {
    const slow = executor.submit(calls.sleepFor, 20)
    expect({ done: slow.done(), result: slow.result({ timeout: LONG }) }).toEqual({ done: false, result: 20 })
    const failing = executor.submit(calls.failsAfter, 20)
    expect({ done: failing.done(), exception: failing.exception({ timeout: LONG }) }).toEqual({
      done: false,
      exception: new RangeError('after 20 ms'),
    })
  })

  it('continues when the Future is cancelled', () => {
    const future = new Future()
    executor.submit(calls.sleepFor, 20).addDoneCallback(() => future.cancel())
    expect(() => future.result({ timeout: LONG })).toThrow(CancelledError)
  })
}, 20_000)
