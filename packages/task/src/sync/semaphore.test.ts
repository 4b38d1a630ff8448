import { inspect } from 'node:util'
import type { Coroutine } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { BoundedSemaphore, createTask, gather, Semaphore, sleep } from '../index.ts'

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
})
