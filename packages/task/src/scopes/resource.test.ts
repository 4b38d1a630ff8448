import { CancelledError, type Coroutine, RuntimeError, TimeoutError } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { abandon } from '../run/abandon.ts'
import { run } from '../run/run.ts'
import { createTask } from '../tasks/ensure-future.ts'
import type { Task } from '../tasks/task-class.ts'
import type { ExitOutcome } from './exit-stack.ts'
import { resource } from './resource.ts'
import { timeout } from './timeout.ts'

/** Something whose opening and closing take 10 ms each. */
function gate(log: string[]) {
  return {
    *open(): Coroutine<string> {
      log.push('opening')
      yield* sleep(10)
      log.push('open')
      return 'it'
    },
    *close(_it: string, { status }: ExitOutcome): Coroutine<void> {
      log.push(`closing, ${status}`)
      yield* sleep(10)
      log.push('closed')
    },
  }
}

// Where explore() cannot simulate the host, a run that waits for another Task is not explored.
const canWait = !['Bun', 'Deno', 'document'].some((name) => name in globalThis)

/** Cancels a Task after so many ms. */
function* cancelAfter(delay: number, task: Task): Coroutine<void> {
  yield* sleep(delay)
  task.cancel('enough')
}

describe('resource', () => {
  it('opens, uses and closes, and returns the result of the block', function* () {
    const log: string[] = []
    const { open, close } = gate(log)
    const result = yield* resource(open, close, function* (it) {
      log.push(`using ${it}`)
      yield* sleep(10)
      return 'result'
    })
    expect({ result, log }).toEqual({
      result: 'result',
      log: ['opening', 'open', 'using it', 'closing, returned', 'closed'],
    })
  })

  it('delivers a request that comes while it opens at the first await of the block', function* () {
    const log: string[] = []
    const { open, close } = gate(log)
    const task = createTask(
      resource(open, close, function* () {
        log.push('in the block')
        yield* sleep(10)
        log.push('not reached')
      }),
    )
    yield* cancelAfter(5, task)
    expect(String(yield* outcome(task))).toBe('CancelledError: enough')
    expect(log).toEqual(['opening', 'open', 'in the block', 'closing, cancelled', 'closed'])
  })

  it('delivers it after closing if the block waits for nothing', function* () {
    const log: string[] = []
    const { open, close } = gate(log)
    const task = createTask(function* () {
      log.push(
        yield* resource(open, close, function* () {
          return 'result'
        }),
      )
      yield* sleep(10)
      log.push('not reached')
    })
    yield* cancelAfter(5, task)
    expect(String(yield* outcome(task))).toBe('CancelledError: enough')
    expect(log).toEqual(['opening', 'open', 'closing, returned', 'closed', 'result'])
  })

  it('does not open anything when a cancellation is pending', function* () {
    const log: string[] = []
    const { open, close } = gate(log)
    const task: Task = createTask(function* () {
      task.cancel()
      yield* resource(open, close, () => sleep(10))
    })
    expect(yield* outcome(task)).toBeInstanceOf(CancelledError)
    expect(log).toEqual([])
  })

  it('closes to the end, however often it is cancelled', function* () {
    const log: string[] = []
    const { open, close } = gate(log)
    const task = createTask(resource(open, close, () => sleep(10)))
    yield* cancelAfter(15, task) // in the block
    yield* cancelAfter(5, task) // while it closes
    expect(yield* outcome(task)).toBeInstanceOf(CancelledError)
    expect(log).toEqual(['opening', 'open', 'closing, cancelled', 'closed'])
  })

  it('releases nothing if `acquire` throws', function* () {
    const log: string[] = []
    const failed = new Error('cannot open')
    for (const acquire of [
      () => {
        throw failed
      },
      () => Promise.reject(failed),
      function* (): Coroutine<string> {
        yield* sleep(1)
        throw failed
      },
    ]) {
      const error = yield* outcome(resource(acquire, gate(log).close, () => sleep(1)))
      expect(error).toBe(failed)
    }
    expect(log).toEqual([])
  })

  it('throws what `release` throws, with the error of the block as the last cause', function* () {
    const inBlock = new Error('block')
    const root = new Error('root')
    for (const inRelease of [new Error('release'), new Error('release', { cause: root })]) {
      const error = yield* outcome(
        resource(
          () => sleep(1, 'it'),
          function* () {
            yield* sleep(1)
            throw inRelease
          },
          function* () {
            throw inBlock
          },
        ),
      )
      expect(error).toBe(inRelease)
    }
    expect(root.cause).toBe(inBlock)
  })

  it('delivers a cancellation again if the error of `release` took its place', function* () {
    const log: string[] = []
    const task = createTask(function* () {
      try {
        yield* resource(
          () => sleep(1, 'it'),
          () => {
            throw new Error('release')
          },
          () => sleep(100),
        )
      } catch (error) {
        log.push(`${error}, ${(error as Error).cause}`)
      }
      yield* sleep(10)
      log.push('not reached')
    })
    yield* cancelAfter(5, task)
    expect(yield* outcome(task)).toBeInstanceOf(CancelledError)
    expect(log).toEqual(['Error: release, CancelledError: enough'])
  })

  it('bounds `release` by the grace time', function* () {
    const error = yield* outcome(
      resource(
        () => sleep(1, 'it'),
        () => sleep(1000),
        () => sleep(1),
        { graceTime: 20 },
      ),
    )
    expect([error, now()]).toEqual([expect.any(TimeoutError), 22])
  })

  it('disposes of a disposable, asynchronously if it can', function* () {
    const log: string[] = []
    const both = {
      [Symbol.dispose]: () => void log.push('sync'),
      *[Symbol.asyncDispose]() {
        yield* sleep(1)
        log.push('async')
      },
    }
    yield* resource(
      () => sleep(1, both),
      undefined,
      () => sleep(1),
    )
    yield* resource(
      () => sleep(1, { [Symbol.dispose]: () => void log.push('only sync') }),
      undefined,
      () => sleep(1),
    )
    expect(log).toEqual(['async', 'only sync'])
  })

  it('opens and closes by promises', async () => {
    const log: string[] = []
    function* main(): Coroutine<void> {
      yield* resource(
        () => Promise.resolve('it'),
        async (it) => {
          await Promise.resolve()
          log.push(`${it} closed`)
        },
        () => sleep(1),
      )
    }
    await run(main())
    expect(log).toEqual(['it closed'])
  })

  it('is left by abandon() if it hangs, and releases a resource that still arrives', async () => {
    const log: unknown[] = []
    let arrive: ((it: string) => void) | undefined
    const hangs = (): Promise<never> => new Promise(() => {})
    const opening = (): Promise<string> =>
      new Promise((resolve) => {
        arrive = resolve
      })
    function* main(): Coroutine<unknown> {
      const tasks = [
        createTask(
          resource(
            () => Promise.resolve('it'),
            hangs,
            () => sleep(1e6),
          ),
        ),
        createTask(
          resource(
            opening,
            (it) => log.push(`${it} closed`),
            () => sleep(1e6),
          ),
        ),
      ]
      yield* sleep(1)
      for (const task of tasks) task.cancel()
      yield* sleep(1)
      log.push(`done: ${tasks.filter((task) => task.done()).length}`)
      abandon()
      const ends = []
      for (const task of tasks) ends.push((yield* outcome(task)) as Error)
      arrive?.('late')
      while (log.length < 2) yield* sleep(1)
      return ends.map(({ name }) => name)
    }
    expect(await run(main())).toEqual(['TimeoutError', 'CancelledError'])
    expect(log).toEqual(['done: 0', 'late closed'])
  })

  it('with interruptAcquire aborts a signal, and releases a resource that arrives all the same', function* () {
    const log: string[] = []
    const { close } = gate(log)
    for (const behaviour of ['throws', 'returns'] as const) {
      const task = createTask(
        resource(
          (signal) =>
            new Promise<string>((resolve, reject) => {
              signal.addEventListener('abort', () => (behaviour === 'throws' ? reject(signal.reason) : resolve('it')))
            }),
          close,
          function* () {
            log.push('not reached')
          },
          { interruptAcquire: true },
        ),
      )
      yield* cancelAfter(5, task)
      log.push(`${behaviour}: ${yield* outcome(task)}`)
    }
    expect(log).toEqual([
      'throws: CancelledError: enough',
      'closing, cancelled',
      'closed',
      'returns: CancelledError: enough',
    ])
  })

  it('with interruptAcquire passes a resource that arrived before the request to the block', function* () {
    const log: string[] = []
    const { open, close } = gate(log)
    const result = yield* resource(open, close, () => sleep(1, 'result'), { interruptAcquire: true })
    expect({ result, log }).toEqual({ result: 'result', log: ['opening', 'open', 'closing, returned', 'closed'] })
  })

  it('lets a timeout around it end the block, and closes before its error', function* () {
    const log: string[] = []
    const { open, close } = gate(log)
    const error = yield* outcome(timeout(15, () => resource(open, close, () => sleep(1000))))
    expect({ error, log: log.at(-1), time: now() }).toEqual({
      error: expect.any(TimeoutError),
      log: 'closed',
      time: 25,
    })
    yield* sleep(1)
  })

  it('closes the resource, wherever and however often it is cancelled', async () => {
    for (const cancel of ['main', 'main twice'] as const) {
      for (const interruptAcquire of canWait ? [false, true] : [false]) {
        let log: string[] = []
        const { runs } = await explore(
          function* () {
            log = []
            const { open, close } = gate(log)
            yield* resource(open, close, () => sleep(10), { interruptAcquire })
            yield* sleep(1)
          },
          {
            cancel,
            times: 'written',
            check: ({ task, cancelled, left }) => {
              expect(left).toEqual([])
              const count = (what: string): number => log.filter((entry) => entry.startsWith(what)).length
              expect({ closed: count('closed'), cancelled: task.cancelled() }).toEqual({
                closed: count('open') - count('opening'),
                cancelled: cancelled.length > 0,
              })
            },
          },
        )
        expect(runs).toBeGreaterThan(3)
      }
    }
  })

  it.each([false, true])('releases what acquire() opened without a promise: interruptAcquire is %s', function* (how) {
    const open = (): string => 'a file'
    const released: unknown[] = []
    const close = (opened: unknown, { status }: ExitOutcome): void => void released.push(opened, status)
    const error = yield* outcome(resource(open as never, close, () => sleep(1), { interruptAcquire: how }))
    expect(error).toEqual(expect.objectContaining({ message: expect.stringMatching(/got 'a file'.* It was released/) }))
    expect(released).toEqual(['a file', 'threw'])
  })

  it('refuses bad input', async () => {
    const use = (): Coroutine<void> => sleep(1)
    expect(() => resource(5 as never, undefined, use)).toThrow(
      'resource() takes a function that opens something, got 5',
    )
    expect(() => resource(() => sleep(1), 5 as never, use)).toThrow('resource(): release must be a function, got 5')
    expect(() => resource(() => sleep(1), undefined, 5 as never)).toThrow('resource() takes a block, got 5')
    expect(() => resource(() => sleep(1), undefined, use, { grace: 1 } as never)).toThrow(/grace/)
    expect(() => resource(() => sleep(1), undefined, use, { graceTime: Number.NaN })).toThrow(RangeError)
    const messages: string[] = []
    for (const acquire of [() => undefined, () => Promise.resolve(5)]) {
      await run(outcome(resource(acquire as never, undefined, use))).then((error) =>
        messages.push((error as Error).message),
      )
    }
    expect(messages).toEqual([
      'acquire() should return an awaitable or a promise, got undefined. Write `function* () { return … }`',
      'release is missing, and what acquire() returned is not a disposable, got 5',
    ])
    expect(() => [...(resource(() => sleep(1), undefined, use) as Iterable<unknown>)]).toThrow(RuntimeError)
  })
})
