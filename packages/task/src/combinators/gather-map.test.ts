import { CancelledError, ContextVar, type Coroutine } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { currentTask } from '../tasks/current-task.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { gatherMap } from './gather-map.ts'

describe('gatherMap', () => {
  it('returns the results in the order of the items, in whatever order they end', function* () {
    expect(yield* gatherMap([30, 10, 20], (delay, i) => sleep(delay, `${i}: ${delay}`))).toEqual([
      '0: 30',
      '1: 10',
      '2: 20',
    ])
    expect(now()).toBe(30)
    expect(yield* gatherMap([], () => sleep(1))).toEqual([])
  })

  it.each([1, 2, 3, 10])('works on %i at a time', function* (concurrency) {
    let running = 0
    let most = 0
    function* work(): Coroutine<void> {
      most = Math.max(most, ++running)
      yield* sleep(10)
      running--
    }
    yield* gatherMap(Array(6).fill(0), work, { concurrency })
    expect([most, now()]).toEqual([Math.min(concurrency, 6), Math.ceil(6 / concurrency) * 10])
  })

  it('takes an item when its turn comes', function* () {
    const log: string[] = []
    function* items(): Generator<number> {
      for (let i = 0; i < 4; i++) {
        log.push(`taken ${i} at ${now()}`)
        yield i
      }
    }
    yield* gatherMap(items(), () => sleep(10), { concurrency: 2 })
    expect(log).toEqual(['taken 0 at 0', 'taken 1 at 0', 'taken 2 at 10', 'taken 3 at 10'])
  })

  it('throws the first exception after it has cancelled the others, and takes no further items', function* () {
    const log: string[] = []
    const block = function* (item: number): Coroutine<void> {
      log.push(`begin ${item}`)
      try {
        yield* sleep(item)
        throw new Error(`failed ${item}`)
      } finally {
        log.push(`end ${item} at ${now()}`)
      }
    }
    const error = yield* outcome(gatherMap([30, 10, 20, 40], block, { concurrency: 3 }))
    expect(error).toEqual(new Error('failed 10'))
    expect(log).toEqual(['begin 30', 'begin 10', 'begin 20', 'end 10 at 10', 'end 30 at 10', 'end 20 at 10'])
  })

  it.each([undefined, 2])(
    'throws the CancelledError of an item whose Task is cancelled by itself, as its result would be missing, with a limit of %s',
    function* (concurrency) {
      const log: unknown[] = []
      const block = function* (item: number): Coroutine<number> {
        if (item === 1) currentTask()?.cancel('mine')
        try {
          return yield* sleep(10, item)
        } finally {
          log.push(item)
        }
      }
      const error = yield* outcome(gatherMap([0, 1, 2, 3], block, { concurrency }))
      expect([String(error), now(), currentTask()?.cancelling()]).toEqual(['CancelledError: mine', 0, 0])
      expect(log).toEqual(concurrency === 2 ? [1, 0] : [1, 0, 2, 3])
    },
  )

  it('takes exceptions for results if asked to', function* () {
    const block = function* (item: number): Coroutine<number> {
      if (item === 2) throw new Error('two')
      return yield* sleep(1, item)
    }
    const results = yield* gatherMap([1, 2, 3], block, { concurrency: 1, returnExceptions: true })
    expect(results).toEqual([1, new Error('two'), 3])
  })

  it('runs each item in a separate context', function* () {
    const variable = new ContextVar<number>('variable', { defaultValue: 0 })
    const block = function* (item: number): Coroutine<number> {
      const before = variable.get()
      variable.set(item)
      yield* sleep(1)
      return before
    }
    expect(yield* gatherMap([1, 2, 3], block, { concurrency: 1 })).toEqual([0, 0, 0])
  })

  it('throws an exception of the items themselves', function* () {
    function* items(): Generator<number> {
      yield 1
      throw new Error('no more items')
    }
    expect(yield* outcome(gatherMap(items(), () => sleep(10)))).toEqual(new Error('no more items'))
  })

  it('cancels all running Tasks and closes the items, wherever it is cancelled', async () => {
    let running = 0
    let open = 0
    function* items(): Generator<number> {
      open++
      try {
        for (let i = 0; i < 5; i++) yield i
      } finally {
        open--
      }
    }
    function* work(): Coroutine<void> {
      running++
      try {
        yield* sleep(5)
      } finally {
        running--
      }
    }
    await explore(() => gatherMap(items(), work, { concurrency: 2 }), {
      cancel: 'main',
      times: 'written',
      check: ({ task, cancelled, left }) => {
        // In the turn in which the last one ends, the results are delivered.
        const isTold = cancelled.length === 0 || task.cancelled() || (task.result() as unknown[]).length === 5
        expect({ running, open, left, isTold }).toEqual({ running: 0, open: 0, left: [], isTold: true })
      },
    })
  })

  it('refuses a coroutine that the block returned before, also if exceptions are results', function* () {
    const shared = (function* (): Coroutine<string> {
      return 'once'
    })()
    const results = yield* gatherMap([1, 2], () => shared, { returnExceptions: true })
    expect(results.map(String)).toEqual([
      'once',
      expect.stringMatching(/^RuntimeError: cannot reuse already awaited coroutine/),
    ])
  })

  it('can become a Task', function* () {
    const task = createTask(gatherMap([1, 2], (n) => sleep(10, n)))
    yield* sleep(5)
    task.cancel()
    expect(yield* outcome(task)).toBeInstanceOf(CancelledError)
  })

  it('refuses an invalid list, block or limit', () => {
    expect(() => gatherMap([1], 5 as never)).toThrow(TypeError)
    expect(() => gatherMap(undefined as never, () => sleep(1))).toThrow(
      new TypeError('gatherMap() takes a list of items and a block, got undefined'),
    )
    for (const concurrency of [0, -1, 1.5, Number.NaN, '2' as never]) {
      expect(() => gatherMap([1], () => sleep(1), { concurrency })).toThrow(
        /^concurrency must be a positive whole number, got /,
      )
    }
  })
})
