import { type Coroutine, type ExceptionContext, TimeoutError } from '@spindle/loop'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { timeout } from '../scopes/timeout.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { run } from './run.ts'
import { Runner, runSync } from './runner.ts'

const EVERYTHING = [
  ...(['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'] as const),
  ...(['Date', 'performance', 'hrtime'] as const),
]

// The loop has seen the real timers, even where another test has loaded it under fakes.
beforeAll(() => run(sleep(1)))
afterEach(() => {
  vi.useRealTimers()
})

describe('Under the fake timers of a test runner', () => {
  it('what blocks the thread reads the real clock: nothing could advance a fake', () => {
    vi.useFakeTimers({ toFake: EVERYTHING })
    expect(runSync(sleep(5, 'slept'))).toBe('slept')
    expect(() => runSync(timeout(5, () => sleep(60_000)))).toThrow(TimeoutError)
    const runner = new Runner()
    expect([runner.runSync(sleep(2, 'first')), runner.runSync(sleep(2, 'second'))]).toEqual(['first', 'second'])
    runner.closeSync()
  })

  it('and a timer that was set by the fake clock before runs after its delay', () => {
    vi.useFakeTimers({ toFake: EVERYTHING, now: 1e9 })
    const loop = newEventLoop()
    const log: string[] = []
    loop.callLater(20, () => log.push('20'))
    loop.callLater(5, () => log.push('5'))
    loop.runUntilCompleteSync(sleep(10))
    expect(log).toEqual(['5'])
    loop.close()
  })

  it('run() follows the fakes', async () => {
    vi.useFakeTimers({ toFake: EVERYTHING })
    const running = run(sleep(60_000, 'slept'))
    await vi.advanceTimersByTimeAsync(60_000)
    await vi.runAllTimersAsync()
    expect(await running).toBe('slept')
  })

  it.each([
    ['setTimeout is, the clock is not', ['setTimeout', 'clearTimeout']],
    ['The clock is, setTimeout is not', ['hrtime', 'performance']],
  ] as const)('run() reports after a second that only one half is a fake: %s', async (which, toFake) => {
    const reports: string[] = []
    const stop = new AbortController()
    const loopFactory = () => {
      const loop = newEventLoop()
      loop.setExceptionHandler((_loop, { message }: ExceptionContext) => {
        reports.push(message)
        stop.abort(new Error('stopped'))
      })
      return loop
    }
    vi.useFakeTimers({ toFake: [...toFake] })
    function* main(): Coroutine<void> {
      yield* sleep(5)
    }
    await expect(run(main, { loopFactory, signal: stop.signal })).rejects.toThrow('stopped')
    expect(reports).toEqual([expect.stringContaining(`only half of the time is fake: ${which}`)])
  })
})
