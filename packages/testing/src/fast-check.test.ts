import fc from 'fast-check'
import { type Coroutine, createTask, type Future, getRunningLoop, sleep } from 'spindle'
import { describe, expect, it } from 'vitest'
import { schedules } from './fast-check.ts'

/** A lock whose wake-ups are lost when the waiter is cancelled that was given one. */
class HastyLock {
  locked = false
  readonly waiters: Future<void>[] = [];

  *acquire(): Coroutine<void> {
    if (this.locked) {
      const waiter = getRunningLoop().createFuture<void>()
      this.waiters.push(waiter)
      try {
        yield* waiter
      } finally {
        this.waiters.splice(this.waiters.indexOf(waiter), 1)
      }
    }
    this.locked = true
  }

  release(): void {
    this.locked = false
    this.waiters.find((waiter) => !waiter.done())?.setResult()
  }
}

function team(holds: readonly number[]): () => Coroutine<void> {
  return function* main(): Coroutine<void> {
    const lock = new HastyLock()
    function* worker(hold: number): Coroutine<void> {
      yield* lock.acquire()
      try {
        yield* sleep(hold)
      } finally {
        lock.release()
      }
    }
    const tasks = holds.map((hold, n) => createTask(worker(hold), { name: `w${n + 1}` }))
    for (const task of tasks) yield* task
  }
}

const holdTimes = fc.array(fc.nat(20), { maxLength: 8 })

describe('schedules()', () => {
  it('shrinks inputs and schedule together: three workers, one cancellation', async () => {
    const property = fc.asyncProperty(holdTimes, schedules(), (holds, schedule) => schedule.run(team(holds)))
    const { failed, counterexample } = await fc.check(property, { seed: 1, numRuns: 500 })
    expect(failed).toBe(true)
    const [holds = [], schedule] = counterexample ?? []
    expect(holds).toHaveLength(3)
    expect(fc.stringify(schedule)).toBe('<Schedule cancel main/w2 before #2>')
  })

  it('passes if nothing is wrong, in any order', async () => {
    const property = fc.asyncProperty(holdTimes, schedules(), (holds, schedule) =>
      schedule.run(team(holds), { cancel: 'never', order: 'any' }),
    )
    await fc.assert(property, { seed: 2, numRuns: 50 })
  })

  it('finds an order, and passes on the error of the check', async () => {
    function* main(given: { log: string[] }): Coroutine<void> {
      for (const name of ['a', 'b'])
        createTask(
          function* (): Coroutine<void> {
            given.log.push(name)
          },
          { name },
        )
      yield* sleep(1)
    }
    const property = fc.asyncProperty(schedules(), (schedule) =>
      schedule.run(main, {
        order: 'any',
        cancel: 'never',
        setup: () => ({ log: [] as string[] }),
        check: ({ given }) => expect(given.log.join('')).toBe('ab'),
      }),
    )
    const { failed, counterexample } = await fc.check(property, { seed: 3, numRuns: 200 })
    expect(failed).toBe(true)
    expect(String(counterexample?.[0])).toMatch(/^<Schedule .*main\/a#1 after main\/b#1/)
  })

  it('refuses options that fast-check decides', async () => {
    const [schedule] = fc.sample(schedules(), 1)
    await expect(schedule?.run(() => sleep(1), { replay: 'late 1 at 1' } as never)).rejects.toThrow(
      'schedule.run() has no option `replay`: fast-check decides that',
    )
    expect(String(schedule)).toMatch(/^<Schedule of \d+ cancellations and \d+ chances>$/)
  })
})
