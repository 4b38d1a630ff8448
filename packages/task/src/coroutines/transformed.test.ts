import { CancelledError, type Coroutine } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { runSync } from '../run/runner.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { coroutine } from './coroutine.ts'
import { sleep } from './sleep.ts'
import { $, $dropped } from './transformed.ts'

describe('$', () => {
  it('adds the place where each level was awaited to the stack of an error, once it has waited', () => {
    function* fails(depth: number): Coroutine<void> {
      if (depth > 0) yield* $(fails(depth - 1), `fails (at level ${depth})`)
      yield* $(sleep(0), 'fails (at sleep)')
      throw new Error('deep down')
    }
    function* main(): Coroutine<string[]> {
      try {
        yield* $(fails(2), 'main (at the bottom)')
        return []
      } catch (error) {
        return String((error as Error).stack).match(/at coroutine .*/g) ?? []
      }
    }
    const levels = ['at coroutine fails (at level 1)', 'at coroutine fails (at level 2)']
    expect(runSync(main())).toEqual([...levels, 'at coroutine main (at the bottom)'])
  })

  it('nests as deep as coroutine() does, and through it', () => {
    const wrapped = coroutine(function* wrapped(depth: number): Coroutine<number> {
      return yield* $(plain(depth), 'wrapped')
    })
    function* plain(depth: number): Coroutine<number> {
      if (depth === 0) return yield* $(sleep(0, 1), 'plain')
      return 1 + (yield* $(depth % 2 === 0 ? wrapped(depth - 1) : plain(depth - 1), 'plain'))
    }
    expect(runSync(plain(2000))).toBe(2001)
  })

  it('returns everything else unchanged', () => {
    function* list(): Generator<number> {
      yield* $([1, 2], 'list')
    }
    function* main(): Coroutine<unknown> {
      const waits = sleep(0)
      const same = [waits, createTask(sleep(0)), 'text', undefined, null].map((value) => $(value, '') === value)
      return {
        same: same.every(Boolean),
        first: [...$(list(), '')],
        second: [...$(list(), '')],
        sent: yield* $(asks(), ''),
      }
    }
    function* asks(): Coroutine<unknown> {
      return yield* $(echo() as never as Coroutine<unknown>, '')
    }
    function* echo(): Generator<number, unknown> {
      return 'echo'
    }
    expect(runSync(main())).toEqual({ same: true, first: [1, 2], second: [1, 2], sent: 'echo' })
    const outside = list()
    expect($(outside, '')).toBe(outside)
  })

  it('lets an ordinary generator in a Task be closed and be sent values', () => {
    const log: unknown[] = []
    function* inner(): Generator<number> {
      try {
        log.push(yield 1)
        yield 2
      } finally {
        log.push('closed')
      }
    }
    function* outer(): Generator<number> {
      yield* $(inner(), 'outer')
    }
    function* main(): Coroutine<void> {
      for (const round of [1, 2]) {
        const generator = outer()
        log.push(generator.next().value, generator.next(`sent ${round}` as never).value)
        generator.return(undefined)
      }
      yield* $(sleep(0), 'main')
    }
    runSync(main())
    expect(log).toEqual(['sent 1', 1, 2, 'closed', 'sent 2', 1, 2, 'closed'])
  })

  it('is cancelled where it waits', () => {
    const log: string[] = []
    function* waits(depth: number): Coroutine<void> {
      try {
        yield* depth > 0 ? $(waits(depth - 1), 'waits') : $(sleep(1000), 'waits')
      } catch (error) {
        log.push(`${depth}: ${error instanceof CancelledError ? 'cancelled' : error}`)
        throw error
      }
    }
    function* main(): Coroutine<void> {
      const task = createTask(waits(2))
      yield* sleep(0)
      task.cancel()
    }
    runSync(main())
    expect(log).toEqual(['0: cancelled', '1: cancelled', '2: cancelled'])
  })
})

describe('$dropped', () => {
  it('reports a bare coroutine as never awaited, and nothing else', () => {
    const reports: string[] = []
    function* save(): Coroutine<void> {}
    function* main(): Coroutine<void> {
      $dropped(save(), 'save', 'main (app.ts:3:5)')
      $dropped([1].push(2), 'push', 'main (app.ts:4:5)')
      $dropped(undefined, 'log', 'main (app.ts:5:5)')
      yield* sleep(0)
    }
    const loopFactory = (): ReturnType<typeof newEventLoop> => {
      const loop = newEventLoop()
      loop.setExceptionHandler((_, { message }) => reports.push(message))
      return loop
    }
    runSync(main(), { loopFactory })
    expect(reports).toEqual([
      "coroutine 'save' was never awaited. Write `yield* save(…)` to wait for it, or `ensureFuture(save(…))` to have it " +
        'run as a Task\ncalled: main (app.ts:3:5)',
    ])
  })
})
