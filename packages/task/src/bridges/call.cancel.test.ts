import { CancelledError, type Coroutine, type ExceptionContext, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { run } from '../run/run.ts'
import type { PlatformAbortSignal } from '../scopes/abort-signal.ts'
import { moveOnAfter, timeout } from '../scopes/timeout.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import type { Task } from '../tasks/task-class.ts'
import { call, callBack } from './call.ts'

/** What is opened, and closed again. */
function pool(): { open: Set<Connection>; connect(): Promise<Connection>; settle(): void } {
  const open = new Set<Connection>()
  const waiting: (() => void)[] = []
  return {
    open,
    connect: () =>
      new Promise((resolve) => {
        waiting.push(() => {
          const connection: Connection = { close: () => open.delete(connection) }
          open.add(connection)
          resolve(connection)
        })
      }),
    settle: () => {
      for (const connect of waiting.splice(0)) connect()
    },
  }
}

interface Connection {
  close(): unknown
}

describe('a call that is cancelled', () => {
  it('has what onCancel throws as the cause of its CancelledError', function* () {
    const causes: string[] = []
    for (const fail of [() => Promise.reject('rejected'), () => JSON.parse('thrown')]) {
      let end = (): void => {}
      const work = (): Promise<void> => new Promise((resolve) => (end = resolve))
      const onCancel = (): unknown => {
        end()
        return fail()
      }
      const task = createTask(call(work, { onCancel }))
      yield* sleep(1)
      task.cancel()
      causes.push(String(((yield* outcome(task)) as CancelledError).cause))
    }
    expect(causes).toEqual(['rejected', expect.stringMatching(/^SyntaxError: /)])
  })

  it('returns what arrives if the function takes no signal, and is cancelled at the next await', async () => {
    const { open, connect, settle } = pool()
    const log: string[] = []
    function* client(): Coroutine<void> {
      const connection = yield* call(connect)
      log.push('connected')
      try {
        yield* sleep(1000)
        log.push('not reached')
      } finally {
        connection.close()
      }
    }
    function* main(): Coroutine<unknown> {
      const task = createTask(client())
      yield* sleep(0)
      task.cancel('enough')
      yield* sleep(0)
      settle()
      return yield* outcome(task)
    }
    expect({ error: String(await run(main())), log, open: open.size }).toEqual({
      error: 'CancelledError: enough',
      log: ['connected'],
      open: 0,
    })
  })

  it('returns a value that arrived before the request, with or without a signal', async () => {
    for (const takesSignal of [false, true]) {
      const log: string[] = []
      let answer: ((error: unknown, result?: string) => void) | undefined
      let signal: PlatformAbortSignal | undefined
      const work = takesSignal
        ? (callback: typeof answer, given: PlatformAbortSignal) => {
            answer = callback
            signal = given
          }
        : (callback: typeof answer) => {
            answer = callback
          }
      function* main(): Coroutine<unknown> {
        const task = createTask(function* () {
          log.push(yield* callBack<string>(work))
          yield* sleep(1000)
          log.push('not reached')
        })
        yield* sleep(0)
        answer?.(null, 'arrived')
        task.cancel('enough')
        return yield* outcome(task)
      }
      const error = String(await run(main()))
      expect({ error, log, aborted: signal?.aborted }).toEqual({
        error: 'CancelledError: enough',
        log: ['arrived'],
        aborted: takesSignal ? false : undefined,
      })
    }
  })

  it('returns what settled in the very turn of the request, and does not abort its signal', async () => {
    const log: unknown[] = []
    const { promise, resolve } = withResolvers<string>()
    function* main(): Coroutine<unknown> {
      const task = createTask(function* () {
        let signal: PlatformAbortSignal | undefined
        const value = yield* call((given) => {
          signal = given
          return promise
        })
        log.push({ value, aborted: signal?.aborted })
        yield* sleep(1000)
      })
      yield* sleep(0)
      resolve('arrived')
      task.cancel()
      return yield* outcome(task)
    }
    expect(await run(main())).toBeInstanceOf(CancelledError)
    expect(log).toEqual([{ value: 'arrived', aborted: false }])
  })

  it('throws a failure before the request as the cause', async () => {
    const failed = new Error('failed')
    let answer: ((error: unknown) => void) | undefined
    function* main(): Coroutine<unknown> {
      const task = createTask(
        callBack((callback) => {
          answer = callback
        }),
      )
      yield* sleep(0)
      answer?.(failed)
      task.cancel('enough')
      return yield* outcome(task)
    }
    const error = (await run(main())) as Error
    expect({ name: error.name, cause: error.cause }).toEqual({ name: 'CancelledError', cause: failed })
  })

  it('does not begin when a cancellation is pending, so that a loop of calls ends', async () => {
    let begun = 0
    function* main(): Coroutine<unknown> {
      const task = createTask(function* () {
        for (;;) {
          yield* call(() => {
            begun++
            return Promise.resolve()
          })
        }
      })
      yield* sleep(5)
      task.cancel()
      const before = begun
      return [yield* outcome(task), begun - before]
    }
    expect(await run(main())).toEqual([expect.any(CancelledError), 0])
  })

  it('begins if the pending cancellation is retracted in time', async () => {
    function* main(): Coroutine<unknown> {
      const task: Task<string> = createTask(function* () {
        task.cancel()
        getRunningLoop().callSoon(() => task.uncancel()) // runs before the step that would throw
        return yield* call(() => Promise.resolve('begun'))
      })
      return yield* task
    }
    expect(await run(main())).toBe('begun')
  })

  it('lets a timeout around it return late, without an error, and leaves nothing of it behind', function* () {
    const { promise, resolve } = withResolvers<string>()
    getRunningLoop().callLater(50, () => resolve('late'))
    expect([yield* timeout(10, () => call(() => promise)), now()]).toEqual(['late', 50])
    yield* sleep(10)
    expect(yield* moveOnAfter(10, () => call(() => Promise.resolve('kept')))).toBe('kept')
    yield* sleep(10)
  })

  it('throws a CancelledError if the function has a signal, and awaits `release` first', async () => {
    const log: string[] = []
    function* main(): Coroutine<unknown> {
      const task = createTask(
        call((signal) => new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve('half'))), {
          *release(value) {
            log.push(`releasing ${value}`)
            yield* sleep(5)
            log.push('released')
          },
        }),
      )
      yield* sleep(1)
      task.cancel('enough')
      yield* sleep(1)
      task.cancel('at once')
      const error = yield* outcome(task)
      log.push(String(error))
      return task.cancelled()
    }
    expect(await run(main())).toBe(true)
    expect(log).toEqual(['releasing half', 'released', 'CancelledError: at once'])
  })

  it('releases a value that arrives after it was abandoned', async () => {
    const { open, connect, settle } = pool()
    function* main(): Coroutine<unknown> {
      const task = createTask(
        call(connect, {
          abandonOnCancel: true,
          release: (connection) => Promise.resolve().then(() => connection.close()),
        }),
      )
      yield* sleep(0)
      task.cancel()
      const error = yield* outcome(task)
      settle()
      const opened = open.size
      yield* sleep(5)
      return [error, opened]
    }
    expect(await run(main())).toEqual([expect.any(CancelledError), 1])
    expect(open.size).toBe(0)
  })

  it('throws what `release` throws', async () => {
    const failed = new Error('cannot release')
    function* main(): Coroutine<unknown> {
      const task = createTask(
        call((signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())), {
          release: () => {
            throw failed
          },
        }),
      )
      yield* sleep(1)
      task.cancel()
      return yield* outcome(task)
    }
    expect(await run(main())).toBe(failed)
  })

  it('keeps what `uncancellable` returns', async () => {
    const { open, connect, settle } = pool()
    function* main(): Coroutine<unknown> {
      const task = createTask(function* () {
        const connection = yield* uncancellable(() => call(connect))
        try {
          yield* sleep(1000)
        } finally {
          connection.close()
        }
      })
      yield* sleep(0)
      task.cancel()
      settle()
      return yield* outcome(task)
    }
    expect(await run(main())).toBeInstanceOf(CancelledError)
    expect(open.size).toBe(0)
  })

  it('reports a value that is dropped and should be closed, in debug mode', async () => {
    const made = sleep(1) // has a dispose method that throws, like every coroutine
    const reports: ExceptionContext[] = []
    const loop = newEventLoop()
    loop.setDebug(true)
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    const work = (value: unknown) => (signal: { addEventListener(type: 'abort', listener: () => void): void }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(value)))
    function* main(): Coroutine<void> {
      for (const value of [{ end: () => undefined }, 'text', made, { [Symbol.asyncDispose]: () => undefined }]) {
        const task = createTask(call(work(value)))
        yield* sleep(1)
        task.cancel()
        yield* outcome(task)
      }
    }
    await loop.runUntilComplete(main())
    loop.close()
    expect(reports.map(({ message }) => message.replace(/Task-\d+/, 'Task-N'))).toEqual([
      expect.stringMatching(
        /^call\(\) was told to abort, and ended all the same: its value .* nothing calls its end\(\)$/,
      ),
      expect.stringMatching(/nothing calls its \[Symbol\.asyncDispose\]\(\)$/),
    ])
  })

  it('follows the same rules with a callback', async () => {
    function* main(): Coroutine<unknown> {
      const log: string[] = []
      let callback: ((error: unknown, result?: string) => void) | undefined
      const task = createTask(function* () {
        log.push(
          yield* callBack<string>((given) => {
            callback = given
          }),
        )
        yield* sleep(1000)
      })
      yield* sleep(0)
      task.cancel()
      callback?.(null, 'kept')
      return [yield* outcome(task), log]
    }
    expect(await run(main())).toEqual([expect.any(CancelledError), ['kept']])
  })

  it('ignores every call of the callback after the first', async () => {
    const reports: unknown[] = []
    function* main(): Coroutine<unknown> {
      getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context))
      return yield* callBack<number>((callback) => {
        callback(null, 1)
        callback(new Error('again'))
        callback(null, 2)
      })
    }
    expect([await run(main()), reports]).toEqual([1, []])
  })

  it('refuses a release that is not a function', () => {
    expect(() => call(() => Promise.resolve(), { release: 5 as never })).toThrow(
      "release must be a function or 'dispose', got 5",
    )
  })
})

function withResolvers<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((resolved) => {
    resolve = resolved
  })
  return { promise, resolve }
}
