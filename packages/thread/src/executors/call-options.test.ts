import { CancelledError, TimeoutError } from '@spindle/loop'
import { run } from '@spindle/task'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import * as calls from '../futures/calls.fixture.ts'
import { Event, type Future, ProcessPoolExecutor, runInExecutor, sleep, ThreadPoolExecutor } from '../index.ts'

const threads = new ThreadPoolExecutor(1)
const processes = new ProcessPoolExecutor(1)
afterAll(() => {
  threads.shutdown()
  processes.shutdown()
})

/** A call that keeps a thread busy until `go` is set. */
function blocked(pool = threads): { future: Future<string>; go: Event } {
  const [begun, go] = [new Event(), new Event()]
  const future = pool.submit(calls.meet, begun, go)
  begun.wait()
  return { future, go }
}

describe('a signal for many calls', () => {
  it('gets one listener, and none when they are done', () => {
    const { signal } = new AbortController()
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')]
    for (let round = 1; round <= 2; round++) {
      const futures = Array.from({ length: 20 }, (_, n) => threads.with({ signal }).submit(calls.add, n))
      expect(futures.map((future) => future.result())).toEqual(futures.map((_, n) => n + 1))
      expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([round, round])
    }
  })

  it('aborts all of them', () => {
    const { future, go } = blocked()
    const controller = new AbortController()
    const futures = Array.from({ length: 20 }, (_, n) =>
      threads.with({ signal: controller.signal }).submit(calls.add, n),
    )
    controller.abort(new RangeError('all'))
    expect(futures.map((aborted) => `${aborted.exception()}`)).toEqual(futures.map(() => 'RangeError: all'))
    go.set()
    future.result()
  })
})

describe('the timeout of a call', () => {
  it.runIf(longForm)('ends the wait for a worker that is idle, but does not take it, and the worker', async () => {
    const [begun, kept, stopped] = [new Event(), new ThreadPoolExecutor(1), new ProcessPoolExecutor(1)]
    kept.submit(calls.leaveLoop, begun).result()
    begun.wait()
    process.kill(stopped.submit(calls.pid).result(), 'SIGSTOP')
    const futures = [kept, stopped].flatMap((pool) => [
      pool.with({ timeout: 20 }).submit(calls.add, 1),
      pool.submit(calls.add, 2),
    ])
    expect(futures.map((future) => String(future.exception() ?? future.result()))).toEqual([
      expect.stringMatching(/^TimeoutError: add\(\) has not begun within 10020 ms: the thread does not answer, /),
      '3',
      expect.stringMatching(/^TimeoutError: add\(\) has not begun within 10020 ms: the process does not answer, /),
      '3',
    ])
    kept.shutdown()
    stopped.shutdown()
  })

  it('fails its Future, requests the function to stop, and keeps the thread if it does', () => {
    const name = threads.submit(calls.threadName).result()
    const begun = new Event()
    const future = threads.with({ timeout: 5 }).submit(calls.untilStopped, begun)
    expect(() => future.result()).toThrow(new TimeoutError('untilStopped() has not ended within 5 ms'))
    expect({ begun: begun.wait(), thread: threads.submit(calls.threadName).result() }).toEqual({
      begun: true,
      thread: name,
    })
  })

  it.each([
    ['thread', threads],
    ['process', processes],
  ])('ends a %s that does not stop, when nobody blocks, too', async (_, pool) => {
    const future = pool.with({ timeout: 5, graceTime: 5 }).submit(calls.computesForEver)
    await expect(future).rejects.toThrow(TimeoutError)
    expect(await pool.submit(calls.add, 1)).toBe(2)
  })

  it('counts from the start of the call: neither the queue nor the start of a worker takes part of it', () => {
    const [ready, begun] = [new Event(), new Event()]
    using fresh = new ThreadPoolExecutor(1, { initializer: calls.waitFor, initArgs: [ready] })
    // Both have their time limit, and time passes before either can begin.
    const futures = [1, 2].map(() => fresh.with({ timeout: 10 }).submit(calls.untilStopped, begun))
    sleep(50)
    expect({ done: futures.filter((future) => future.done()).length }).toEqual({ done: 0 })
    ready.set()
    for (const future of futures) {
      expect(() => future.result()).toThrow('untilStopped() has not ended within 10 ms')
      expect(begun.wait()).toBe(true)
      begun.clear()
    }
  })

  it('counts for each call of map, and fails the result', () => {
    const { future, go } = blocked()
    const begun = new Event()
    const results = threads.with({ timeout: 10 }).map(calls.untilStopped, [begun])
    sleep(50) // as long as the call waits, its time does not run
    go.set()
    expect(() => results.next()).toThrow('untilStopped() has not ended within 10 ms')
    expect({ done: future.done(), begun: begun.wait() }).toEqual({ done: true, begun: true })
  })
})

describe('the signal of a call', () => {
  it('cancels calls that have not started: submitted after the abort, and in the queue', () => {
    const controller = new AbortController()
    const { go } = blocked()
    const ran = new Event()
    const pool = threads.with({ signal: controller.signal })
    const queued = pool.submit(calls.meet, ran, ran)
    controller.abort(new Error('enough'))
    const late = pool.submit(calls.meet, ran, ran)
    go.set()
    expect([queued.exception(), late.exception(), threads.submit(calls.add, 1).result()]).toEqual([
      new Error('enough'),
      new Error('enough'),
      2,
    ])
    expect(ran.isSet()).toBe(false)
  })

  it('requests a running call to stop, and fails its Future at once', () => {
    const controller = new AbortController()
    const begun = new Event()
    const future = threads.with({ signal: controller.signal }).submit(calls.untilStopped, begun)
    begun.wait()
    controller.abort()
    expect({ done: future.done(), error: (future.exception({ timeout: 0 }) as Error).name }).toEqual({
      done: true,
      error: 'AbortError',
    })
    expect(threads.submit(calls.add, 1).result()).toBe(2)
  })

  it('keeps no listener of a call that is done', async () => {
    const controller = new AbortController()
    const [added, removed] = (['addEventListener', 'removeEventListener'] as const).map((name) =>
      vi.spyOn(controller.signal, name),
    )
    const pool = threads.with({ signal: controller.signal })
    await pool.submit(calls.add, 1)
    await pool.submit(calls.identity<unknown>, () => {}).then(undefined, () => {})
    const { go } = blocked()
    const queued = pool.submit(calls.add, 1)
    queued.cancel()
    go.set()
    await expect(queued).rejects.toThrow(CancelledError)
    expect([added?.mock.calls.length, removed?.mock.calls.length]).toEqual([3, 3])
  })
})

describe('the options of a call', () => {
  it('go along with runInExecutor, and add to each other', async () => {
    const pool = threads.with({ timeout: 5 }).with({ graceTime: 0 })
    const failed = run(
      (function* main() {
        return yield* runInExecutor(pool, calls.computesForEver)
      })(),
    )
    await expect(failed).rejects.toThrow(TimeoutError)
    expect(`${pool}`).toBe(`${threads}`)
  })

  it('put calls with a higher priority first', () => {
    const order = new Int32Array(new SharedArrayBuffer(4))
    const { go } = blocked()
    const submit = (priority: number): Future<number> => threads.with({ priority }).submit(calls.takeNumber, order)
    const futures = [0, -1, 5, 0, 5].map(submit)
    futures[3]?.cancel()
    go.set()
    const numbers = futures.map((future) => (future.cancelled() ? 'cancelled' : future.result()))
    expect(numbers).toEqual([3, 4, 1, 'cancelled', 2])
  })

  it.each([
    ['thread', threads],
    ['process', processes],
  ])('take what a %s reports', async (_, pool) => {
    const seen: unknown[] = []
    const future = pool.with({ onProgress: (value) => seen.push(value) }).submit(calls.countsProgress, 3)
    expect([await future, seen]).toEqual(['done', [{ step: 1 }, { step: 2 }, { step: 3 }]])
    expect(await pool.submit(calls.countsProgress, 3)).toBe('done')
  })

  it('are refused if they are invalid', () => {
    const bad = [
      undefined,
      null,
      3,
      { timeOut: 1 },
      { timeout: '1' },
      { graceTime: Number.NaN },
      { signal: {} },
      { priority: '1' },
      { bufferSize: 0 },
      { onProgress: 1 },
    ]
    const refusals = bad.map((options) => {
      try {
        return threads.with(options as never)
      } catch (error) {
        return String(error)
      }
    })
    expect(refusals).toEqual([
      'TypeError: with() takes the options of the calls, got undefined',
      expect.stringMatching(/^TypeError: the options of with\(\) must be an object, got null\. It has `signal`, /),
      expect.stringMatching(/^TypeError: the options of with\(\) must be an object, got 3\. It has `signal`, /),
      expect.stringMatching(/^TypeError: with\(\) has no option `timeOut`/),
      "TypeError: timeout must be a number of milliseconds, got '1'",
      'RangeError: Invalid graceTime: NaN (not a number)',
      'TypeError: signal must be an AbortSignal, got {}',
      "TypeError: priority must be a number, got '1'",
      'RangeError: bufferSize must be > 0, got 0',
      'TypeError: onProgress must be a function, got 1',
    ])
  })
})
