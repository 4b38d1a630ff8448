import { type Coroutine, type ExceptionContext, getRunningLoop } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { outcome } from '../outcome.fixture.ts'
import { run } from '../run/run.ts'
import { Queue } from '../sync/queue.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { asCompleted } from './as-completed.ts'
import { type Items, iterate } from './iterate.ts'

/** What is left of the items after some were taken by hand; `using` is not for Node 20 as it stands. */
function* rest<T>(items: Items<T>): Coroutine<T[]> {
  const all: T[] = []
  while (yield* items.next()) all.push(items.value)
  return all
}

describe('iterate', () => {
  it('iterates over queues, iterables, async iterables and asCompleted()', function* () {
    const queue = new Queue<number>()
    for (const item of [1, undefined as never, 3]) queue.putNowait(item)
    queue.shutdown()
    expect(yield* rest(iterate(queue))).toEqual([1, undefined, 3])
    expect(yield* rest(iterate([1, 2]))).toEqual([1, 2])
    expect(yield* rest(iterate('ab'))).toEqual(['a', 'b'])
    const done = yield* rest(iterate(asCompleted([sleep(20, 'late'), sleep(10, 'soon')])))
    expect(done.map((future) => future.result())).toEqual(['soon', 'late'])
  })

  it('closes an async iterable when it is disposed, and not after its end', async () => {
    const log: string[] = []
    async function* source(): AsyncGenerator<number> {
      try {
        yield 1
        yield 2
      } finally {
        await Promise.resolve()
        log.push('closed')
      }
    }
    function* main(): Coroutine<void> {
      const items = iterate(source())
      expect({ next: yield* items.next(), value: items.value }).toEqual({ next: true, value: 1 })
      items[Symbol.dispose]()
      expect(yield* items.next()).toBe(false)
      log.push('left')
      const closing = iterate(source())
      yield* closing.next()
      yield* closing.close()
      log.push('awaited')
      expect(yield* rest(iterate(source()))).toEqual([1, 2])
    }
    await run(main())
    expect(log).toEqual(['left', 'closed', 'closed', 'awaited', 'closed'])
  })

  it('reports that a source could not be closed', async () => {
    const reports: ExceptionContext[] = []
    function* main(): Coroutine<void> {
      getRunningLoop().setExceptionHandler((_, context) => reports.push(context))
      const items = iterate({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.resolve({ done: false, value: 1 }),
          return: () => Promise.reject(new Error('cannot close')),
        }),
      })
      yield* items.next()
      items[Symbol.dispose]()
    }
    await run(main())
    expect(reports.map(({ exception }) => String(exception))).toEqual(['Error: cannot close'])
  })

  it('ends with the error of its source, and refuses a source that is not iterable', function* () {
    let steps = 0
    async function next(): Promise<IteratorYieldResult<number>> {
      if (++steps === 2) throw new Error('broken') // unlike a generator, it can be asked again
      return { done: false, value: steps }
    }
    const items = iterate({ [Symbol.asyncIterator]: () => ({ next }) })
    yield* items.next()
    expect(String(yield* outcome(createTask(items.next())))).toBe('Error: broken')
    expect({ next: yield* items.next(), steps }).toEqual({ next: false, steps: 2 })
    expect(() => iterate(42 as never)).toThrow('iterate() takes a queue, an iterable or an async iterable, got 42')
    expect(String(yield* outcome(createTask(iterate(sleep(1) as never).next())))).toMatch(/did you forget `yield\*`/)
  })

  it('closes its source and loses no item, wherever and however often it is cancelled', async () => {
    for (const cancel of ['main', 'main twice'] as const) {
      let state: { open: number; taken: number; readonly queue: Queue<number> } | undefined
      const { runs } = await explore(
        function* () {
          const queue = new Queue<number>()
          const mine = { open: 1, taken: 0, queue }
          state = mine
          for (let i = 0; i < 3; i++) queue.putNowait(i)
          const source = (function* () {
            try {
              for (;;) yield 0
            } finally {
              mine.open--
            }
          })()
          const numbers = iterate(source)
          const items = iterate(queue)
          try {
            while (yield* items.next()) {
              mine.taken++
              yield* numbers.next()
              yield* sleep(1)
              if (items.value === 2) return
            }
          } finally {
            items[Symbol.dispose]()
            numbers[Symbol.dispose]()
          }
        },
        {
          cancel,
          times: 'written',
          check: ({ task, cancelled }) => {
            expect(task.cancelled()).toBe(cancelled.length > 0)
            // A generator that was never asked has nothing to close.
            if (state !== undefined && state.taken > 0) expect(state.open).toBe(0)
            if (state !== undefined) expect(state.taken + state.queue.qsize()).toBe(3)
            state = undefined
          },
        },
      )
      expect(runs).toBeGreaterThan(2)
    }
  })
})
