import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CancelledError, type Coroutine, type ExceptionContext, getRunningLoop } from '@spindle/loop'
import { ensureFuture, run, sleep, wait } from '@spindle/task'
import { describe, expect, it, vi } from 'vitest'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const thenable = (promise: Promise<string>): PromiseLike<string> => {
  // biome-ignore lint/suspicious/noThenProperty: it is one
  return { then: (onFulfilled, onRejected) => promise.then(onFulfilled, onRejected) }
}

describe.each([
  ['promise', (promise: Promise<string>): PromiseLike<string> => promise],
  ['thenable', thenable],
])('a %s that lives long', (_kind, wrap) => {
  it('keeps nothing of 20,000 cancelled Futures that were created from it', async () => {
    const { promise, resolve } = withResolvers()
    const then = vi.spyOn(promise, 'then')
    const given = wrap(promise)
    await run(function* () {
      const futures: WeakRef<object>[] = []
      for (let i = 0; i < 20_000; i++) {
        const future = ensureFuture(given)
        if (i % 1000 === 0) futures.push(new WeakRef(future))
        future.cancel()
      }
      yield* collectGarbage()
      expect(then).toHaveBeenCalledTimes(1) // one pair of callbacks for all
      const alive = futures.filter((reference) => reference.deref() !== undefined)
      expect(alive.length).toBeLessThanOrEqual(1) // the last may be there, to report what nobody waits for
      const last = ensureFuture(given)
      getRunningLoop().callSoon(() => resolve('at last'))
      expect(yield* last).toBe('at last')
      expect(yield* ensureFuture(given)).toBe('at last')
    })
  })

  it('settles all its waiters in order, except cancelled ones', async () => {
    const { promise, resolve } = withResolvers()
    const given = wrap(promise)
    await run(function* () {
      const log: string[] = []
      const futures = ['a', 'b', 'c', 'd'].map((name) => {
        const future = ensureFuture(given)
        future.addDoneCallback((done) => log.push(`${name} ${done.cancelled() ? 'cancelled' : done.result()}`))
        if (name === 'a' || name === 'c') future.cancel()
        return future
      })
      resolve('result')
      yield* wait(futures)
      yield* sleep(1)
      expect(log).toEqual(['a cancelled', 'c cancelled', 'b result', 'd result'])
    })
  })

  it('is reported once if it is rejected and nothing waits for it, and not otherwise', async () => {
    const reports = (cancelAll: boolean): Promise<string[]> =>
      run(function* (): Coroutine<string[]> {
        const messages: string[] = []
        getRunningLoop().setExceptionHandler((_loop, { message }: ExceptionContext) => messages.push(message))
        const { promise, reject } = withResolvers()
        const given = wrap(promise)
        for (let i = 0; i < 3; i++) ensureFuture(given).cancel()
        const last = ensureFuture(given)
        if (cancelAll) last.cancel()
        reject(new Error('too late'))
        let error: unknown
        try {
          yield* last
        } catch (thrown) {
          error = thrown
        }
        expect(error instanceof CancelledError).toBe(cancelAll)
        yield* sleep(1)
        return messages
      })
    expect(await reports(true)).toEqual(['a promise that nothing waits for any more was rejected'])
    expect(await reports(false)).toEqual([])
  })
})

function* collectGarbage(): Coroutine<void> {
  for (let i = 0; i < 3; i++) {
    yield* sleep(1)
    gc()
  }
}

function withResolvers(): {
  promise: Promise<string>
  resolve: (value: string) => void
  reject: (error: Error) => void
} {
  let resolve: (value: string) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<string>((onFulfilled, onRejected) => {
    resolve = onFulfilled
    reject = onRejected
  })
  return { promise, resolve, reject }
}
