import { CancelledError, type Coroutine, type ExceptionContext, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { outcome } from '../outcome.fixture.ts'
import { abandon } from '../run/abandon.ts'
import { run } from '../run/run.ts'
import type { PlatformAbortSignal } from '../scopes/abort-signal.ts'
import { moveOnAfter } from '../scopes/timeout.ts'
import { createTask } from '../tasks/ensure-future.ts'
import type { Task } from '../tasks/task-class.ts'
import { forEach } from './for-each.ts'

/** What a source does when its signal aborts while it waits for the next number. */
type OnAbort = 'throws' | 'ends' | 'yields' | 'fails'

/** 1 and 2, then nothing more until the signal aborts. It is closed when `mayClose` settles. */
async function* numbers(
  log: unknown[],
  signal: PlatformAbortSignal,
  onAbort: OnAbort,
  mayClose = Promise.resolve(),
): AsyncGenerator<number> {
  try {
    yield 1
    yield 2
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve())
    })
    if (onAbort === 'throws') throw signal.reason
    if (onAbort === 'fails') throw new Error('lost the connection')
    if (onAbort === 'yields') yield 3
  } finally {
    await mayClose
    log.push('closed')
  }
}

/** Waits in real time, for what the host does. */
function* until(condition: () => boolean): Coroutine<void> {
  while (!condition()) yield* sleep(1)
}

describe('forEach over a source that a function opens', () => {
  it('tells the source to stop, waits until it is closed, and throws the CancelledError', async () => {
    for (const onAbort of ['throws', 'ends', 'yields', 'fails'] as const) {
      const log: unknown[] = []
      let close = (): void => {}
      const mayClose = new Promise<void>((resolve) => {
        close = resolve
      })
      function* main(): Coroutine<void> {
        const task = createTask(
          forEach(
            (signal) => numbers(log, signal, onAbort, mayClose),
            function* (number) {
              log.push(number)
            },
          ),
        )
        yield* until(() => log.length === 2)
        yield* sleep(1)
        task.cancel('enough')
        yield* sleep(0)
        task.cancel('at once')
        close()
        const error = (yield* outcome(task)) as Error
        log.push(String(error), String((error.cause as Error | undefined)?.message))
      }
      await run(main())
      const cause = onAbort === 'fails' ? 'lost the connection' : 'undefined'
      expect({ onAbort, log }).toEqual({ onAbort, log: [1, 2, 'closed', 'CancelledError: at once', cause] })
    }
  })

  it('tells the source to stop after what has arrived already has passed all its promises', async () => {
    const log: string[] = []
    let task: Task<void> | undefined
    async function* arrived(signal: PlatformAbortSignal): AsyncGenerator<number> {
      try {
        task?.cancel()
        for (let promises = 0; promises < 30; promises++) await undefined
        log.push(`aborted: ${signal.aborted}`)
        yield 1
      } finally {
        log.push('closed')
      }
    }
    function* main(): Coroutine<void> {
      task = createTask(
        forEach(
          (signal) => arrived(signal),
          function* (number) {
            log.push(`block ${number}`)
          },
        ),
      )
      yield* task
    }
    await expect(run(main())).rejects.toThrow(CancelledError)
    expect(log).toEqual(['aborted: false', 'closed'])
  })

  it.each(['is promised', 'has its next item'])(
    'aborts the signal if the source %s in that very turn',
    async (what) => {
      const signals: PlatformAbortSignal[] = []
      let task: Task<void> | undefined
      async function* items(): AsyncGenerator<number> {
        if (what === 'has its next item') {
          task?.cancel()
          await undefined
        }
        yield 1
      }
      async function open(signal: PlatformAbortSignal): Promise<AsyncGenerator<number>> {
        signals.push(signal)
        if (what === 'is promised') task?.cancel()
        await undefined
        return items() // of which `return()` closes nothing, as it has not begun
      }
      function* main(): Coroutine<void> {
        task = createTask(
          forEach(
            (signal) => open(signal),
            function* () {},
          ),
        )
        yield* task
      }
      await expect(run(main())).rejects.toThrow(CancelledError)
      expect({ opened: signals.length, aborted: signals[0]?.aborted }).toEqual({ opened: 1, aborted: true })
    },
  )

  it('ends cancelled if the source is promised in that very turn, and fails when its signal aborts', async () => {
    let task: Task<void> | undefined
    // As the body of a fetch() does.
    async function open(signal: PlatformAbortSignal): Promise<ReadableStream<number>> {
      task?.cancel()
      await undefined
      return new ReadableStream({
        start: (controller) => signal.addEventListener('abort', () => controller.error(signal.reason)),
      })
    }
    function* main(): Coroutine<string> {
      task = createTask(
        forEach(
          (signal) => open(signal),
          function* () {},
        ),
      )
      return String(yield* outcome(task))
    }
    expect(await run(main())).toBe('CancelledError')
  })

  it('aborts with the error of the block, which counts more than that of closing', async () => {
    const log: unknown[] = []
    const inBlock = new Error('in the block')
    const source = (signal: PlatformAbortSignal): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: () => {
          log.push({ aborted: signal.aborted, reason: signal.reason })
          return Promise.reject(new Error('cannot close'))
        },
      }),
    })
    function* main(): Coroutine<unknown> {
      return yield* outcome(
        forEach(source, function* () {
          throw inBlock
        }),
      )
    }
    expect(await run(main())).toBe(inBlock)
    expect(log).toEqual([{ aborted: true, reason: inBlock }])
  })

  it('does not abort when the block returns false, closes, and throws what closing throws', async () => {
    let given: PlatformAbortSignal | undefined
    const source = (signal: PlatformAbortSignal): AsyncIterable<number> => {
      given = signal
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.resolve({ done: false, value: 1 }),
          return: () => Promise.reject(new Error('cannot close')),
        }),
      }
    }
    function* main(): Coroutine<void> {
      yield* forEach(source, function* () {
        return false
      })
    }
    await expect(run(main())).rejects.toThrow('cannot close')
    expect(given?.aborted).toBe(false)
  })

  it('closes in full when the block is cancelled, also twice', async () => {
    const log: unknown[] = []
    function* main(): Coroutine<void> {
      const task = createTask(
        forEach(
          (signal) => numbers(log, signal, 'throws'),
          function* (number) {
            log.push(number)
            yield* sleep(60_000)
          },
        ),
      )
      yield* until(() => log.length === 1)
      task.cancel()
      yield* sleep(0)
      task.cancel()
      log.push(String(yield* outcome(task)))
    }
    await run(main())
    expect(log).toEqual([1, 'closed', 'CancelledError'])
  })

  it('takes a promise of the source, and closes a source that arrives too late', async () => {
    const log: unknown[] = []
    async function open(signal: PlatformAbortSignal): Promise<AsyncIterable<number>> {
      await Promise.resolve()
      return numbers(log, signal, 'ends')
    }
    function* main(): Coroutine<void> {
      yield* forEach(open, function* (number) {
        log.push(number)
        return number < 2
      })
      const late = createTask(
        forEach(
          (signal) =>
            new Promise<AsyncIterable<number>>((resolve) => {
              const source = { [Symbol.asyncIterator]: () => closable(log, signal) }
              signal.addEventListener('abort', () => setTimeout(() => resolve(source), 1))
            }),
          function* () {
            log.push('not reached')
          },
        ),
      )
      yield* sleep(0)
      late.cancel()
      log.push(String(yield* outcome(late)))
    }
    await run(main())
    expect(log).toEqual([1, 2, 'closed', 'returned, aborted: true', 'CancelledError'])
  })

  it('with abandonOnCancel leaves the source behind, and asks it to close', async () => {
    const log: unknown[] = []
    function* main(): Coroutine<void> {
      const task = createTask(
        forEach(
          (signal) => ({ [Symbol.asyncIterator]: () => closable(log, signal) }),
          function* () {},
          { abandonOnCancel: true },
        ),
      )
      yield* sleep(0)
      task.cancel()
      log.push(String(yield* outcome(task)))
    }
    await run(main())
    expect(log).toEqual(['returned, aborted: true', 'CancelledError'])
  })

  it('ends with the block that takes no part in waiting, when a cancellation is pending', async () => {
    const log: unknown[] = []
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        log.push('closed')
      }
    }
    function* main(): Coroutine<unknown> {
      const task: Task = createTask(
        forEach(
          () => endless(),
          function* (n) {
            log.push(n)
            if (n === 1) task.cancel()
          },
        ),
      )
      return yield* outcome(task)
    }
    expect(await run(main())).toBeInstanceOf(CancelledError)
    expect(log).toEqual([0, 1, 'closed'])
  })

  it('continues if the request is retracted before it would be thrown', async () => {
    const log: unknown[] = []
    async function* three(): AsyncGenerator<number> {
      yield* [0, 1, 2]
    }
    function* main(): Coroutine<void> {
      const task: Task = createTask(
        forEach(
          () => three(),
          function* (n) {
            log.push(n, task.cancelling())
            task.cancel()
            if (n === 0) task.uncancel()
            else getRunningLoop().callSoon(() => task.uncancel()) // runs before the step that would throw
          },
        ),
      )
      yield* task
    }
    await run(main())
    expect(log).toEqual([0, 0, 1, 0, 2, 0])
  })

  it('is left by abandon() if the source never closes', async () => {
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ value: 1, done: false }),
        return: () => new Promise<never>(() => {}),
      }),
    }
    function* main(): Coroutine<unknown> {
      const task = createTask(
        forEach(
          (_signal) => source,
          () => sleep(1e6),
        ),
      )
      yield* sleep(1)
      task.cancel()
      yield* sleep(1)
      const isWaiting = !task.done()
      abandon()
      return { isWaiting, end: String(yield* outcome(task)) }
    }
    expect(await run(main())).toEqual({ isWaiting: true, end: 'CancelledError' })
  })

  it('refuses a value that it cannot iterate over', function* () {
    const block = function* (): Coroutine<void> {}
    const errors = []
    for (const open of [() => 5, () => Promise.resolve(5), () => undefined]) {
      errors.push(String(yield* outcome(forEach(open as never, block))))
    }
    expect(errors).toEqual([
      'TypeError: forEach() takes a queue, an iterable or an async iterable, got 5',
      'TypeError: forEach() takes a queue, an iterable or an async iterable, got 5',
      'TypeError: forEach() takes a queue, an iterable or an async iterable, got undefined',
    ])
    const odd = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(3) }) } as never
    expect(String(yield* outcome(forEach(odd, block)))).toBe('TypeError: next() of the source returned 3')
    expect(() => forEach([1], block, { abandon: true } as never)).toThrow(/abandon/)
  })
})

describe('forEach over an async iterable itself', () => {
  it('closes the source on every cancel, whatever its promises are at', async () => {
    let open = 0
    let started = 0
    async function* ticks(): AsyncGenerator<number> {
      open++
      started++
      try {
        for (let n = 0; ; n++) {
          await new Promise((resolve) => setImmediate(resolve))
          yield n
        }
      } finally {
        open--
      }
    }
    function* main(): Coroutine<void> {
      const tasks = Array.from({ length: 300 }, (_, index) =>
        createTask(moveOnAfter(5 + (index % 20), () => forEach(ticks(), function* () {}))),
      )
      for (const task of tasks) yield* task
      yield* until(() => open === 0)
    }
    await run(main())
    expect({ open, started }).toEqual({ open: 0, started: 300 })
  })

  it('reports no abort of an abandoned source', async () => {
    const reports: ExceptionContext[] = []
    const controller = new AbortController()
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise((_, reject) =>
            controller.signal.addEventListener('abort', () => reject(controller.signal.reason)),
          ),
        return: () => {
          controller.abort()
          return Promise.reject(Object.assign(new Error('Request was aborted.'), { name: 'AbortError' }))
        },
      }),
    }
    function* main(): Coroutine<void> {
      getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context))
      const task = createTask(forEach(source, function* () {}))
      yield* sleep(0)
      task.cancel()
      yield* outcome(task)
      yield* sleep(2)
    }
    await run(main())
    expect(reports).toEqual([])
  })
})

describe('forEach over an iterator with a bad return()', () => {
  const end = { done: true, value: undefined }
  const never = new Promise<never>(() => {})
  const returns: [what: string, value: (next: () => unknown) => unknown, left: boolean][] = [
    ['that throws', () => refuse(), false],
    ['that rejects', () => Promise.reject(new Error('cannot close')), false],
    ['whose result is no promise', () => end, false],
    ['without a result', () => undefined, false],
    ['that calls next()', (next) => next(), false],
    ['that never settles', () => never, true],
  ]
  const refuse = (): never => {
    throw new Error('cannot close')
  }

  it.each(returns)('%s ends when it is cancelled', async (_what, value, isLeft) => {
    const reports: string[] = []
    function* cancelledIn(where: 'next()' | 'the block'): Coroutine<string> {
      let steps = 0
      const next = (): Promise<unknown> => {
        if (++steps > 2) return Promise.resolve(end)
        return steps === 2 && where === 'next()' ? never : Promise.resolve({ done: false, value: steps })
      }
      const source = { [Symbol.asyncIterator]: () => ({ next, return: () => value(next) }) } as AsyncIterable<number>
      const block = (): Coroutine<void> => sleep(where === 'next()' ? 0 : 1e6)
      const task = createTask(forEach(source, block, { graceTime: 5 }))
      yield* sleep(2)
      task.cancel()
      return (yield* outcome(task)) instanceof CancelledError ? 'cancelled' : `${yield* outcome(task)}`
    }
    function* main(): Coroutine<string[]> {
      getRunningLoop().setExceptionHandler((_loop, { message }) => reports.push(message))
      return [yield* cancelledIn('next()'), yield* cancelledIn('the block')]
    }
    const outcomes = await run(main())
    const left = [
      'next() has not ended 5 ms after its Task was cancelled, and is left running',
      'the source of a forEach() has not closed after 5 ms, and is left open',
    ]
    expect({ outcomes, reports }).toEqual({ outcomes: ['cancelled', 'cancelled'], reports: isLeft ? left : [] })
  })
})

describe('forEach over a source that is open already', () => {
  it('closes it if its Task is cancelled before the first step', async () => {
    const log: string[] = []
    const source = (name: string): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: async () => {
          log.push(`${name} closed`)
          return { done: true, value: undefined }
        },
      }),
    })
    function* main(): Coroutine<void> {
      const block = (): Coroutine<void> => sleep(1)
      const opened = source('opened')
      const never = (): AsyncIterable<number> => {
        log.push('never opened')
        return source('')
      }
      for (const source of [opened, never]) {
        const task = createTask(forEach(source, block))
        task.cancel()
        log.push(String(yield* outcome(task)))
      }
    }
    await run(main())
    expect(log).toEqual(['opened closed', 'CancelledError', 'CancelledError'])
  })

  it('ends a subscription that only its own method ends, by the signal', async () => {
    const log: string[] = []
    // An async generator queues return() behind the pending next(), as in clients of message brokers.
    let wake = (): void => {}
    const subscription = {
      unsubscribe: () => {
        log.push('unsubscribed')
        wake()
      },
      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        yield 1
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      },
    }
    const open = (signal: PlatformAbortSignal): AsyncIterable<number> => {
      signal.addEventListener('abort', subscription.unsubscribe)
      return subscription
    }
    function* main(): Coroutine<unknown> {
      const task = createTask(forEach(open, function* () {}))
      yield* sleep(2)
      task.cancel()
      return yield* outcome(task)
    }
    expect([String(await run(main())), log]).toEqual(['CancelledError', ['unsubscribed']])
  })
})

/** An iterator that never comes to anything. */
function closable(log: unknown[], signal: PlatformAbortSignal): AsyncIterator<number> {
  return {
    next: () => new Promise(() => {}),
    return: () => {
      log.push(`returned, aborted: ${signal.aborted}`)
      return Promise.resolve({ done: true, value: undefined })
    },
  }
}
