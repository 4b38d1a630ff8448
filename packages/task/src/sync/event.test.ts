import { inspect } from 'node:util'
import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { cancelEverywhere, inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { createTask, Event, gather, newEventLoop, run, sleep, type Task } from '../index.ts'

describe('Event', () => {
  // CPython: test_locks.EventTests.test_repr
  it(
    'prints whether it is set, and how many wait',
    inVirtualTime(function* () {
      const event = new Event()
      expect(String(event)).toBe('<Event [unset]>')
      const waiting = createTask(event.wait())
      yield* sleep(0)
      expect(inspect(event)).toBe('<Event [unset, waiters:1]>')
      event.set()
      expect(String(event)).toBe('<Event [set, waiters:1]>')
      yield* waiting
      expect(String(event)).toBe('<Event [set]>')
    }),
  )

  // CPython: test_locks.EventTests.test_wait
  it(
    'wakes all who wait in the order they came, after who comes when it is set',
    inVirtualTime(function* () {
      const event = new Event()
      const log: number[] = []
      function* waiter(id: number): Coroutine<void> {
        expect(yield* event.wait()).toBe(true)
        log.push(id)
      }
      const tasks = [createTask(waiter(1)), createTask(waiter(2))]
      yield* sleep(0)
      expect([event.isSet(), log]).toEqual([false, []])
      tasks.push(createTask(waiter(3)))
      event.set()
      yield* sleep(0)
      expect(log).toEqual([3, 1, 2])
      yield* gather(tasks)
    }),
  )

  // CPython: test_locks.EventTests.test_wait_on_set
  it(
    'lets go on at once if it is set',
    inVirtualTime(function* () {
      const event = new Event()
      event.set()
      let turns = 0
      getRunningLoop().callSoon(() => turns++)
      expect(yield* event.wait()).toBe(true)
      expect(turns).toBe(0)
    }),
  )

  // CPython: test_locks.EventTests.test_wait_cancel
  it(
    'forgets one who is cancelled',
    inVirtualTime(function* () {
      const event = new Event()
      const waiting = createTask(event.wait())
      getRunningLoop().callSoon(() => waiting.cancel())
      yield* gather([waiting], { returnExceptions: true })
      expect([waiting.cancelled(), String(event)]).toEqual([true, '<Event [unset]>'])
    }),
  )

  // CPython: test_locks.EventTests.test_clear
  it('can be set and cleared again', () => {
    const event = new Event()
    expect(event.isSet()).toBe(false)
    event.set()
    expect(event.isSet()).toBe(true)
    event.clear()
    expect(event.isSet()).toBe(false)
  })

  // CPython: test_locks.EventTests.test_clear_with_waiters
  it(
    'wakes those who wait even if it is cleared before they run',
    inVirtualTime(function* () {
      const event = new Event()
      const waiting = createTask(event.wait())
      yield* sleep(0)
      event.set()
      event.clear()
      expect(event.isSet()).toBe(false)
      event.set()
      event.set()
      expect(String(event)).toBe('<Event [set, waiters:1]>')
      yield* sleep(0)
      expect([waiting.result(), String(event)]).toEqual([true, '<Event [set]>'])
    }),
  )

  it('belongs to the loop in which a Task first had to wait', async () => {
    const event = new Event()
    const one = newEventLoop()
    const waiting = one.createTask(event.wait())
    one.runUntilCompleteSync(one.createTask(sleep(0)))
    await expect(run(event.wait())).rejects.toThrow('<Event [unset, waiters:1]> is bound to a different event loop')
    event.set()
    expect(one.runUntilCompleteSync(waiting)).toBe(true)
    one.close()
  })

  it('wakes all others, wherever one is cancelled', async () => {
    let event = new Event()
    let others: Task<true>[] = []
    await cancelEverywhere(
      function* program() {
        event = new Event()
        others = [createTask(event.wait()), createTask(event.wait())]
        getRunningLoop().callLater(10, () => event.set())
        yield* event.wait()
      },
      function* check() {
        expect((yield* gather(others)).every(Boolean)).toBe(true)
        if (others.length > 0) expect(String(event)).toBe('<Event [set]>')
        others = []
      },
    )
  })
})
