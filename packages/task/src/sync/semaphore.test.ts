import { inspect } from 'node:util'
import type { Coroutine } from '@spindle/loop'
import { inVirtualTime } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { randomCases } from '../../../../test/tooling/long-form.ts'
import { BoundedSemaphore, createTask, gather, Semaphore, sleep, type Task } from '../index.ts'

describe('Semaphore', () => {
  it('prints how many permits are left, and how many wait', function* () {
    const semaphore = new Semaphore()
    expect(String(semaphore)).toBe('<Semaphore [unlocked, value:1]>')
    yield* semaphore.acquire()
    expect(String(semaphore)).toBe('<Semaphore [locked]>')
    createTask(semaphore.acquire())
    yield* sleep(0)
    expect(String(semaphore)).toBe('<Semaphore [locked, waiters:1]>')
    createTask(semaphore.acquire())
    yield* sleep(0)
    expect(inspect(semaphore)).toBe('<Semaphore [locked, waiters:2]>')
    for (let permit = 0; permit < 3; permit++) semaphore.release()
    yield* sleep(0)
    expect(String(new BoundedSemaphore(3))).toBe('<BoundedSemaphore [unlocked, value:3]>')
  })

  it('refuses an invalid number of permits', () => {
    for (const Type of [Semaphore, BoundedSemaphore]) {
      expect(() => new Type(-1)).toThrow(new RangeError('Semaphore initial value must be >= 0'))
      expect(() => new Type(1.5)).toThrow(new RangeError('Semaphore initial value must be an integer, got 1.5'))
      expect(() => new Type(Number.NaN)).toThrow(new RangeError('Semaphore initial value must be an integer, got NaN'))
      expect(() => new Type('1' as never)).toThrow(new TypeError("Semaphore initial value must be a number, got '1'"))
    }
  })

  it('serves the waiters in turn, also when they return', function* () {
    const semaphore = new Semaphore(1)
    const log: string[] = []
    function* user(name: string): Coroutine<void> {
      for (const round of [1, 2]) {
        yield* semaphore.acquire()
        log.push(name + round)
        yield* sleep(10)
        semaphore.release()
      }
    }
    yield* gather([user('a'), user('b'), user('c')])
    expect(log).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2'])
  })

  it('loses no permit and grants none too many, for random operations in any order', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('acquire' as const) }),
      fc.record({ do: fc.constant('release' as const) }),
      fc.record({ do: fc.constant('cancel' as const), which: fc.nat(9) }),
      fc.record({ do: fc.constant('turn' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.array(step, { maxLength: 40 }), (permits, steps) =>
        inVirtualTime(function* () {
          const semaphore = new Semaphore(permits)
          const tasks: Task<Disposable>[] = []
          let released = 0
          for (const step of steps) {
            if (step.do === 'acquire') tasks.push(createTask(semaphore.acquire()))
            else if (step.do === 'cancel') tasks.at(step.which)?.cancel()
            else if (step.do === 'turn') yield* sleep(0)
            else {
              semaphore.release()
              released++
            }
          }
          for (let turn = 0; turn < 4; turn++) yield* sleep(0)
          const states = tasks.map(stateOf)
          const taken = states.filter((state) => state === 'done').length
          const waiting = states.filter((state) => state === 'pending').length
          expect(taken + permitsOf(semaphore)).toBe(permits + released)
          if (waiting > 0) expect(permitsOf(semaphore)).toBe(0)
          // First come, first served: no Task behind a waiter has a permit.
          expect(states.join(' ')).not.toMatch(/pending.*done/)
          for (const task of tasks) task.cancel()
        })(),
      ),
      { numRuns: randomCases(300) },
    )
  })
})

/** How many permits are free: there is no public way to ask while others wait. */
function permitsOf(semaphore: Semaphore): number {
  return (semaphore as unknown as { readonly value: number }).value
}

function stateOf(task: Task<unknown>): string {
  if (!task.done()) return 'pending'
  return task.cancelled() ? 'cancelled' : 'done'
}
