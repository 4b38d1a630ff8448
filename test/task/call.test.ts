import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { CancelledError, type Coroutine, getRunningLoop, RuntimeError, TimeoutError } from '@spindle/loop'
import {
  call,
  callBack,
  createTask,
  forEach,
  gather,
  newEventLoop,
  run,
  runSync,
  sleep,
  timeout,
  wait,
} from '@spindle/task'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { outcome } from '../../packages/node/src/outcome.fixture.ts'

/** Work that ends some turns of the host after the request. */
function stoppable(log: string[], fail?: Error): (signal: AbortSignal) => Promise<string> {
  return async (signal) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    log.push('told')
    await delay(5)
    log.push('stopped')
    throw fail ?? signal.reason
  }
}

describe('call', () => {
  it('creates a signal for functions that take one', async () => {
    let given: unknown[] = []
    function* main(): Coroutine<unknown[]> {
      const none = yield* call(async function () {
        // biome-ignore lint/complexity/noArguments: to see whether there are any
        given = [...arguments]
        return given[0]
      })
      return [none, yield* call(async (signal) => signal)]
    }
    expect(await run(main())).toEqual([undefined, expect.any(AbortSignal)])
  })

  it('returns the value of the promise, or of any thenable', function* () {
    // biome-ignore lint/suspicious/noThenProperty: a thenable on purpose
    const thenable = { then: (resolve: (value: number) => void) => resolve(2) } as PromiseLike<number>
    const results = [yield* call(() => delay(1, 'one')), yield* call(() => thenable)]
    expect(results).toEqual(['one', 2])
  })

  it('throws the reason of a rejection, and the error of the function', function* () {
    const failed = new Error('rejected')
    expect(yield* outcome(call(() => Promise.reject(failed)))).toBe(failed)
    const thrown = call(() => {
      throw failed
    })
    expect(yield* outcome(thrown)).toBe(failed)
    expect(getRunningLoop().wakeSources.pending).toBe(0)
  })

  it('does not begin before it is awaited', function* () {
    let begun = false
    const called = call(async () => {
      begun = true
    })
    yield* sleep(10)
    expect(begun).toBe(false)
    yield* called
    expect(begun).toBe(true)
  })

  it('runs once, and is reported if it is never awaited', async () => {
    const reports: string[] = []
    function* main(): Coroutine<void> {
      getRunningLoop().setExceptionHandler((_loop, { message }) => reports.push(message))
      const once = call(async () => 'done')
      expect(yield* once).toBe('done')
      expect(String(yield* outcome(once))).toBe(
        'RuntimeError: cannot reuse already awaited coroutine <coroutine object call>',
      )
      const late = call(async () => 'late')
      call(async () => 'forgotten')
      createTask(call(async () => 'cancelled before it began')).cancel()
      yield* sleep(5)
      expect(yield* late).toBe('late')
    }
    await run(main())
    expect(reports).toEqual([
      expect.stringMatching(/^coroutine 'call' was never awaited\. Write `yield\* call\(…\)` to/),
    ])
  })

  it('waits until the work has stopped, however often it is cancelled', async () => {
    const log: string[] = []
    function* main(): Coroutine<void> {
      const task = createTask(call(stoppable(log)))
      yield* sleep(1)
      task.cancel('once')
      yield* sleep(1)
      task.cancel('twice')
      log.push(String(yield* outcome(task)))
    }
    await run(main())
    expect(log).toEqual(['told', 'stopped', 'CancelledError: twice'])
  })

  it('reports other errors that occur while the work is being stopped', async () => {
    const failed = new Error('could not stop')
    function* main(): Coroutine<unknown> {
      const task = createTask(call(stoppable([], failed)))
      yield* sleep(1)
      task.cancel('enough')
      return yield* outcome(task)
    }
    const error = (await run(main())) as Error
    expect([String(error), error.cause]).toEqual(['CancelledError: enough', failed])
  })

  it('with abandonOnCancel leaves the work behind', function* () {
    const { promise, resolve } = withResolvers<string>()
    let signalled: AbortSignal | undefined
    const task = createTask(
      call(
        (signal) => {
          signalled = signal
          return promise
        },
        { abandonOnCancel: true },
      ),
    )
    yield* sleep(1)
    task.cancel()
    expect(yield* outcome(task)).toBeInstanceOf(CancelledError)
    const { pending } = getRunningLoop().wakeSources
    expect({ aborted: signalled?.aborted, pending }).toEqual({ aborted: true, pending: 0 })
    resolve('too late')
    yield* sleep(1)
  })

  it('reports the failure of abandoned work, unless it was told to stop', async () => {
    const reports: string[] = []
    const loop = newEventLoop()
    loop.setExceptionHandler((_loop, context) => reports.push(`${context.message}: ${context.exception}`))
    function* main(): Coroutine<void> {
      const deaf = () => stoppable([], new Error('broken'))(AbortSignal.timeout(5))
      for (const work of [deaf, stoppable([], new Error('told')), stoppable([])]) {
        const task = createTask(call(work, { abandonOnCancel: true }))
        yield* sleep(1)
        task.cancel()
        yield* wait([task])
        yield* sleep(20)
      }
    }
    await loop.runUntilComplete(main())
    loop.close()
    expect(reports).toEqual(['the work of a call(deaf) failed after its waiter was cancelled: Error: broken'])
  })

  it('is ended by a timeout, whose error it is then', async () => {
    const log: string[] = []
    const error = await run(outcome(timeout(10, () => call(stoppable(log)))))
    expect({ isTimeout: error instanceof TimeoutError, log }).toEqual({ isTimeout: true, log: ['told', 'stopped'] })
  })

  it('fails at once in a blocking run, and says what to use instead', () => {
    let begun = false
    const main = call(async () => {
      begun = true
    })
    expect(() => runSync(main)).toThrow(/^call\(\) cannot be awaited in a blocking run.*Use `await run\(…\)`/)
    expect(begun).toBe(false)
    expect(() => runSync(call(async () => {}))).toThrow(RuntimeError)
  })

  it('refuses a value that is not a function, and a function that does not return a promise', async () => {
    expect(() => call(Promise.resolve(1) as never)).toThrow(/^call\(\) takes a function, got .*ensureFuture\(promise\)/)
    expect(() => call(5 as never)).toThrow(new TypeError('call() takes a function, got 5'))
    const connect = async function connect(_callback: unknown) {}
    expect(() => call(connect.bind(undefined))).toThrow('call() cannot know whether bound connect expects a signal.')
    expect(await run(call(connect.bind(undefined, 1)))).toBe(undefined)
    await expect(run(call(() => 5 as never))).rejects.toThrow(
      new TypeError('call() takes a function that returns a promise, but it returned 5'),
    )
  })
})

describe('callBack', () => {
  it('gives the result the callback gets, at once or later, and throws its error', function* () {
    const failed = new Error('no such file')
    const results = yield* gather([
      callBack<string>((callback) => callback(null, 'at once')),
      callBack<string>((callback) => setImmediate(callback, undefined, 'later')),
    ])
    expect(results).toEqual(['at once', 'later'])
    expect(yield* outcome(callBack((callback) => setImmediate(callback, failed)))).toBe(failed)
  })

  it('hears the callback once', function* () {
    const twice = callBack<number>((callback) => {
      callback(null, 1)
      callback(null, 2)
    })
    expect(yield* twice).toBe(1)
  })

  it('when cancelled aborts the signal, and waits for the callback', function* () {
    const log: string[] = []
    const task = createTask(
      callBack((callback, signal) => {
        signal.addEventListener('abort', () => {
          log.push('told')
          callback(signal.reason)
        })
      }),
    )
    yield* sleep(1)
    task.cancel('enough')
    log.push(String(yield* outcome(task)))
    expect(log).toEqual(['told', 'CancelledError: enough'])
  })
})

describe('forEach over the body of a fetch()', () => {
  async function* chunksOf(url: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const reader = (await fetch(url, { signal })).body?.getReader()
    for (let step = await reader?.read(); step?.value !== undefined; step = await reader?.read()) yield step.value
  }

  // Node 20 and 22 leave a body pending forever that is aborted then.
  it('ends when it is cancelled after the last chunk has arrived, and before it is read', async () => {
    let end = (): void => {}
    const server = createServer((_request, response) => {
      response.write('first')
      end = () => response.end('last') // not before the first is read: they would be one chunk
    }).listen(0)
    await once(server, 'listening')
    const url = `http://localhost:${(server.address() as AddressInfo).port}`
    function* main(): Coroutine<void> {
      const task = createTask(
        forEach(
          (signal) => chunksOf(url, signal),
          function* () {
            end()
            yield* sleep(50)
            getRunningLoop().callSoon(() => void task.cancel())
          },
        ),
      )
      yield* task
    }
    await expect(run(main())).rejects.toThrow(CancelledError)
    server.close()
  })
})

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((given) => {
    resolve = given
  })
  return { promise, resolve }
}
