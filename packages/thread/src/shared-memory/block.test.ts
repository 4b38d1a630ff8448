import { RuntimeError } from '@spindle/loop'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Barrier, Condition, Event, Future, Lock, Queue, QueueEmpty, Semaphore, sleep, wait } from '../index.ts'

describe('a thread that may not block, like the main thread of a browser', () => {
  beforeEach(() => {
    vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context')
    })
  })
  afterEach(() => vi.restoreAllMocks())

  const taken = (): Lock => {
    const lock = new Lock()
    lock.acquire()
    return lock
  }
  const condition = new Condition()

  it.each<[string, () => unknown]>([
    ['sleep()', () => sleep(60_000)],
    ['Lock.acquire()', () => taken().acquire()],
    ['Lock.acquire(timeout)', () => taken().acquire({ timeout: 60_000 })],
    ['Semaphore.acquire()', () => new Semaphore(0).acquire()],
    ['Event.wait()', () => new Event().wait()],
    ['Condition.wait()', () => condition.acquire() && condition.wait()],
    ['Barrier.wait()', () => new Barrier(2).wait()],
    ['Queue.get()', () => new Queue().get()],
    ['Future.result()', () => new Future().result({ timeout: 60_000 })],
    ['wait()', () => wait([new Future()], { timeout: 60_000 })],
  ])('is told so by %s', (_name, block) => {
    const message = 'this thread may not block: a browser lets only workers do so'
    expect(block).toThrow(RuntimeError)
    expect(block).toThrow(message)
  })

  it('still takes free resources, and leaves nothing behind where it could not wait', () => {
    const [lock, queue, barrier] = [new Lock(), new Queue<number>(), new Barrier(2)]
    expect({ first: lock.acquire(), second: lock.acquire({ timeout: 0 }) }).toEqual({ first: true, second: false })
    queue.put(1)
    expect(queue.get()).toBe(1)
    expect(() => queue.getNowait()).toThrow(QueueEmpty)
    expect(() => barrier.wait()).toThrow(RuntimeError)
    expect({ nWaiting: barrier.nWaiting, broken: barrier.broken }).toEqual({ nWaiting: 0, broken: true })
    const waiting = new Condition()
    waiting.acquire()
    expect(() => waiting.wait()).toThrow(RuntimeError)
    expect(`${waiting}`).toMatch(/^<Condition\(<locked RLock .*>, 0\)>$/)
  })
})
