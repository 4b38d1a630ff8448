import { DeadlockError, type EventLoop, type Future } from '@spindle/loop'
import { newEventLoop } from '@spindle/task'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Event, runCoroutineThreadsafe, Thread, ThreadPoolExecutor } from '../index.ts'
import * as targets from '../loop-targets.fixture.ts'

// Most tests share the threads of a pool, because a thread starts slowly.
const pool = new ThreadPoolExecutor(3)
afterAll(() => pool.shutdown())

let loop: EventLoop
let called: Future
let reported: string[]
beforeEach(() => {
  loop = newEventLoop()
  called = loop.createFuture()
  reported = []
  loop.setExceptionHandler((_loop, context) => reported.push(`${context.message}: ${context.exception}`))
  targets.awaitCall(called)
  targets.log.length = 0
})
afterEach(() => loop.close())

// However the loop waits, it is reached; so these run on both drivers.
const drivers = {
  'blocks its thread': (): Promise<unknown> => Promise.resolve(loop.runUntilCompleteSync(called)),
  'is driven by the host': (): Promise<unknown> => loop.runUntilComplete(called),
}

describe.each(Object.entries(drivers))('callSoonThreadsafe, while the loop %s', (_, run) => {
  it('wakes it, and calls the function there, in order', async () => {
    const thread = new Thread({ target: targets.work, args: [loop, 30, 3] })
    thread.start()
    expect(await run()).toBe('<LoopHandle>')
    expect(targets.log).toEqual([0, 1, 2].map((time) => ['MainThread', time]))
    thread.join()
  })

  it('runs calls that arrived before it ran', async () => {
    pool.submit(targets.work, loop, 0, 1).result()
    await run()
    expect(targets.log).toEqual([['MainThread', 0]])
  })

  it('works through a handle that was passed on to another thread', async () => {
    const call = pool.submit(targets.passOn, loop)
    expect(await run()).toBe('<LoopHandle>')
    call.result()
  })

  it('reaches it from many threads at once, losing nothing', async () => {
    let settled = 0
    const all = loop.createFuture<void>()
    targets.awaitCall({ setResult: () => ++settled === 3 && all.setResult() } as unknown as Future)
    called = all as Future
    const threads = [1, 2, 3].map(() => pool.submit(targets.work, loop, 0, 500))
    await run()
    expect(targets.log).toHaveLength(1500)
    for (const thread of threads) thread.result()
  })

  it('refuses values that cannot be sent at the call', async () => {
    const call = pool.submit(targets.sendNonsense, loop)
    expect(await run()).toEqual([
      expect.stringMatching(/^TypeError: .*was made inside another function/),
      expect.stringMatching(/^TypeError: the args of note\(\) can't be sent to another thread/),
      'TypeError: callSoonThreadsafe() takes a loop or its handle, got {}',
    ])
    call.result()
  })

  it('keeps it waiting while a thread could still call, and no longer', async () => {
    const until = new Event()
    const thread = new Thread({ target: targets.hold, args: [loop, until] })
    thread.start()
    loop.callLater(150, () => until.set())
    if (run === drivers['blocks its thread']) await expect(async () => run()).rejects.toThrow(DeadlockError)
    else expect(await Promise.race([run(), new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])).toBe('waits')
    expect(until.isSet()).toBe(true)
    if (loop.isRunning()) loop.stop()
    await new Promise((resolve) => setTimeout(resolve, 50))
    thread.join()
  })
})

describe.each(Object.entries(drivers))('runCoroutineThreadsafe, while the loop %s', (_, run) => {
  it('runs coroutines, and returns a Future of their outcome, which can be cancelled', async () => {
    const call = pool.submit(targets.askLoop, loop)
    expect(await run()).toEqual([
      'MainThread 1',
      'MainThread 2',
      'RangeError: negative',
      'TypeError: A coroutine object is required, noCoroutine()',
      expect.stringMatching(
        /^TypeError: the result of the coroutine can't be sent to another thread: .*could not be cloned/s,
      ),
      'accepted: true',
      'cleaned up: true',
    ])
    call.result()
  })

  it('returns a Future that can be waited for with a timeout, and that is cancelled if the coroutine is', async () => {
    const call = pool.submit(targets.askInVain, loop)
    const outcomes = ['TimeoutError', 'done: false', 'accepted: true', 'cleaned up: true', 'CancelledError']
    expect(await run()).toEqual(outcomes)
    call.result()
  })

  it('fails alone if its args can’t be read there', async () => {
    const call = pool.submit(targets.sendDeep, loop)
    const reason = "can't be called on the loop's thread: its args can't be read: Maximum call stack size exceeded"
    expect(await run()).toEqual([
      'ignored',
      expect.stringMatching(new RegExp(`^RuntimeError: ignore\\(\\) of .* ${reason}$`)),
      'ignored',
      expect.stringMatching(new RegExp(`^RuntimeError: an earlier call failed: note\\(\\) of .* ${reason}$`)),
    ])
    expect(reported).toEqual([expect.stringMatching(/^Error in callSoonThreadsafe.* note\(\) of .*: its args can't/)])
    call.result()
  })

  it('fails with the error of the loop’s task factory, which is reported to the loop', async () => {
    loop.setTaskFactory(() => {
      throw new RangeError('no Tasks today')
    })
    const call = pool.submit(targets.askOnce, loop)
    expect(await run()).toBe('RangeError: no Tasks today')
    expect(reported).toEqual([expect.stringMatching(/^Exception in callback .*: RangeError: no Tasks today$/)])
    call.result()
  })

  it('returns a Future that the other thread can await, in async code or in a loop', async () => {
    for (const [target, expected] of [
      [targets.awaitLoop, 'MainThread 7'],
      [targets.loopToLoop, ['MainThread 8', true]],
    ] as const) {
      called = loop.createFuture()
      targets.awaitCall(called)
      const call = pool.submit(target as typeof targets.awaitLoop, loop)
      expect(await run()).toEqual(expected)
      call.result()
    }
  })

  it('answers a call also if an earlier one could not be sent', async () => {
    const call = pool.submit(targets.awaitAfterRefusal, loop)
    expect(await run()).toEqual(['TypeError', 'MainThread 7'])
    call.result()
  })

  it('works with the loop of the same thread, too', async () => {
    const future = runCoroutineThreadsafe(loop, targets.slowly, 5)
    const fails = runCoroutineThreadsafe(loop, targets.slowly, -5)
    fails.addDoneCallback(() => called.setResult(undefined))
    await run()
    expect([future.result(), fails.exception()]).toEqual(['MainThread 5', new RangeError('negative')])
  })
})

describe('runCoroutineThreadsafe', () => {
  it('refuses a coroutine, as only a function can be sent', () => {
    expect(() => runCoroutineThreadsafe(loop, targets.slowly(5) as never)).toThrow(
      new TypeError('runCoroutineThreadsafe() takes a loop, a coroutine function and its args, got <Generator>'),
    )
  })
})

describe('callSoonThreadsafe', () => {
  it('takes any callback where the loop runs on the same thread', () => {
    const seen = new Event()
    pool.submit(targets.ownLoop, seen).result()
    expect(seen.isSet()).toBe(true)
  })

  it('reports a call for a loop that is closed', async () => {
    pool.submit(targets.work, loop, 0, 1).result()
    loop.close()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(reported).toEqual([
      expect.stringMatching(/note\(\) of file:.* can't be called on the loop's thread: Event loop is closed/),
      expect.stringMatching(/settle\(\) of .*: Event loop is closed/),
    ])
    expect(targets.log).toEqual([])
  })

  it('reports a function whose module is not loaded on a thread that blocks, here and to the caller', () => {
    const call = pool.submit(targets.callUnloaded, loop, true)
    const seen = loop.runUntilCompleteSync(called)
    const reason =
      /elsewhere\(\) of file:.*unloaded\.fixture\.[jt]s can't be called on the loop's thread: its module is not loaded there/
    expect(seen).toMatch(/^RuntimeError: an earlier call failed: /)
    expect(seen).toMatch(reason)
    expect(reported).toHaveLength(1)
    expect(reported[0]).toMatch(reason)
    call.result()
  })
})
