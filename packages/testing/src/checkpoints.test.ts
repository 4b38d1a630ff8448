import { CancelledError, type Coroutine, createTask, gather, getRunningLoop, Lock, sleep, type Task } from 'spindle'
import { describe, expect, it } from 'vitest'
import { assertCheckpoints, assertNoCheckpoints } from './assert-checkpoints.ts'
import { explore } from './explore/explore.ts'
import { inVirtualTime } from './in-virtual-time.ts'
import { Sequencer } from './sequencer.ts'
import { waitAllBlocked } from './wait-all-blocked.ts'

describe('waitAllBlocked()', () => {
  it(
    'waits until the others wait, be it for time, and lets no time pass',
    inVirtualTime(function* () {
      const log: string[] = []
      function* worker(naps: number): Coroutine<void> {
        for (let n = 0; n < naps; n++) yield* sleep(0)
        log.push(`${naps} naps`)
        yield* sleep(10)
        log.push('too late')
      }
      const tasks = [createTask(worker(3)), createTask(worker(7))]
      yield* waitAllBlocked()
      expect({ log, time: getRunningLoop().time() }).toEqual({ log: ['3 naps', '7 naps'], time: 0 })
      for (const task of tasks) task.cancel()
    }),
  )

  it('may be called by several Tasks at once, of which one is cancelled', async () => {
    await explore(function* main(): Coroutine<void> {
      const tasks = ['a', 'b', 'c'].map((name) => createTask(waitAllBlocked(), { name }))
      yield* gather(tasks, { returnExceptions: true })
    })
  })
})

describe('Sequencer', () => {
  it(
    'has blocks run in their order, whoever comes first',
    inVirtualTime(function* () {
      const sequencer = new Sequencer()
      const log: number[] = []
      function* block(position: number): Coroutine<void> {
        using _ = yield* sequencer.at(position)
        yield* sleep(5 - position)
        log.push(position)
      }
      yield* gather([3, 0, 2, 1].map(block))
      expect(log).toEqual([0, 1, 2, 3])
    }),
  )

  it(
    'refuses a position that was used before, or that is invalid',
    inVirtualTime(function* () {
      const sequencer = new Sequencer()
      yield* sequencer.at(0)
      expect(yield* messageOf(sequencer.at(0))).toBe('position 0 of the Sequencer was used before')
      expect(yield* messageOf(sequencer.at(-1))).toBe('position must be an integer >= 0, got -1')
    }),
  )

  it(
    'is broken when one is cancelled that waits for its turn',
    inVirtualTime(function* () {
      const sequencer = new Sequencer()
      const tasks = [1, 2].map((position) => createTask(sequencer.at(position)))
      yield* waitAllBlocked()
      ;(tasks[0] as Task<Disposable>).cancel()
      expect(yield* messageOf(tasks[1] as Task<Disposable>)).toMatch(
        /^the Sequencer is broken: .* position 2 is never reached$/,
      )
      expect(yield* messageOf(sequencer.at(3))).toMatch(/position 3 is never reached$/)
    }),
  )
})

describe('assertCheckpoints() and assertNoCheckpoints()', () => {
  it(
    'tell whether a block has let the loop run',
    inVirtualTime(function* () {
      const lock = new Lock()
      function* waits(): Coroutine<string> {
        yield* sleep(0)
        return 'waited'
      }
      function* quick(): Coroutine<string> {
        using _ = yield* lock.acquire()
        return 'quick'
      }
      expect([yield* assertCheckpoints(waits), yield* assertNoCheckpoints(quick)]).toEqual(['waited', 'quick'])
      expect(yield* messageOf(assertCheckpoints(quick))).toBe(
        'quick was expected to let the loop run, but never waited',
      )
      expect(yield* messageOf(assertNoCheckpoints(waits))).toBe(
        'waits was expected not to let the loop run, but waited',
      )
    }),
  )

  it(
    'leave an error of the block as it is',
    inVirtualTime(function* () {
      function* failing(): Coroutine<void> {
        throw new TypeError('its own')
      }
      expect(yield* messageOf(assertCheckpoints(failing))).toBe('its own')
    }),
  )
})

function* messageOf(coroutine: Coroutine<unknown> | Task<unknown>): Coroutine<string> {
  try {
    yield* coroutine
  } catch (error) {
    if (error instanceof CancelledError) throw error
    return (error as Error).message
  }
  return 'nothing was thrown'
}
