import { afterEach, describe, expect, it, vi } from 'vitest'
import { Condition } from '../sync/condition.ts'
import { Event } from '../sync/event.ts'
import { Lock } from '../sync/lock.ts'
import { Queue } from '../sync/queue.ts'
import { Semaphore } from '../sync/semaphore.ts'
import { sleep } from './sleep.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('Under the fake timers of a test runner, a thread', () => {
  it('that blocks with a time limit goes on after it', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance', 'hrtime'] })
    const lock = new Lock()
    lock.acquire()
    const condition = new Condition()
    condition.acquire()
    const waits: Record<string, () => unknown> = {
      lock: () => lock.acquire({ timeout: 5 }),
      semaphore: () => new Semaphore(0).acquire({ timeout: 5 }),
      event: () => new Event().wait({ timeout: 5 }),
      condition: () => condition.waitFor(() => false, { timeout: 5 }),
      queue: () => {
        try {
          return new Queue().get({ timeout: 5 })
        } catch (error) {
          return (error as Error).name
        }
      },
      sleep: () => sleep(5),
    }
    const results = Object.fromEntries(Object.entries(waits).map(([name, wait]) => [name, wait()]))
    expect(results).toEqual({
      lock: false,
      semaphore: false,
      event: false,
      condition: false,
      queue: 'QueueEmpty',
      sleep: undefined,
    })
  })
})
