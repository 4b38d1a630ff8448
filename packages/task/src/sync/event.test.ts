import { inspect } from 'node:util'
import { getRunningLoop } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { createTask, Event, gather, sleep, type Task } from '../index.ts'

describe('Event', () => {
  // CPython: test_locks.EventTests.test_repr
  it('prints whether it is set, and how many wait', function* () {
    const event = new Event()
    expect(String(event)).toBe('<Event [unset]>')
    const waiting = createTask(event.wait())
    yield* sleep(0)
    expect(inspect(event)).toBe('<Event [unset, waiters:1]>')
    event.set()
    expect(String(event)).toBe('<Event [set, waiters:1]>')
    yield* waiting
    expect(String(event)).toBe('<Event [set]>')
  })

  it('wakes all others, wherever a waiter is cancelled', async () => {
    let event = new Event()
    let others: Task<true>[] = []
    await explore(
      function* program() {
        event = new Event()
        others = [createTask(event.wait()), createTask(event.wait())]
        getRunningLoop().callLater(10, () => event.set())
        yield* event.wait()
      },
      {
        cancel: 'main',
        times: 'written',
        *check() {
          expect((yield* gather(others)).every(Boolean)).toBe(true)
          if (others.length > 0) expect(String(event)).toBe('<Event [set]>')
          others = []
        },
      },
    )
  })
})
