// Several threads at once. They are those of one pool, as to start a thread takes long under tsx.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  type Future,
  Lock,
  Queue,
  RLock,
  Semaphore,
  SharedCell,
  sleep,
  ThreadPoolExecutor,
} from '../index.ts'
import * as work from './contention.fixture.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const THREADS = 4
const pool = new ThreadPoolExecutor(THREADS)
beforeAll(() => {
  const all = new Barrier(THREADS) // so that each is started
  results(each(() => pool.submit(work.isBroken, all)))
})
afterAll(() => pool.shutdown({ wait: false }))

const each = <T>(start: (index: number) => Future<T>): Future<T>[] =>
  Array.from({ length: THREADS }, (_, n) => start(n))
const results = <T>(futures: readonly Future<T>[]): T[] => futures.map((future) => future.result(25_000))
const shared = (length = 2): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length))

describe('Lock', () => {
  it('lets one thread in at a time, and loses no wake-up', () => {
    const [lock, numbers, times] = [new Lock(), shared(), 25_000]
    results(each(() => pool.submit(work.raise, lock, numbers, times)))
    expect([numbers[0], lock.locked()]).toEqual([THREADS * times, false])
  })

  it('is waited for until another thread releases it, or the time is up', () => {
    const lock = new Lock()
    lock.acquire()
    expect(pool.submit(work.acquire, lock, 20).result()).toBe(false)
    const future = pool.submit(work.releaseAfter, 30, lock)
    expect([lock.acquire(5000), lock.locked()]).toEqual([true, true])
    future.result()
  })
})

describe('RLock', () => {
  it('lets one thread in at a time, as often as it likes', () => {
    const [lock, numbers, times] = [new RLock(), shared(), 5000]
    results(each(() => pool.submit(work.raiseTwice, lock, numbers, times)))
    expect([numbers[0], lock.locked()]).toEqual([THREADS * times, false])
  })

  it('belongs to the thread that has it', () => {
    const lock = new RLock()
    lock.acquire()
    expect(pool.submit(work.acquire, lock, 10).result()).toBe(false)
    expect(pool.submit(work.tryRelease, lock).result()).toBe('RuntimeError: cannot release un-acquired lock')
    lock.release()
  })
})

describe('Semaphore', () => {
  it('lets in as many threads as it has, and no more', () => {
    for (const semaphore of [new Semaphore(2), new BoundedSemaphore(2)]) {
      const numbers = shared()
      results(each(() => pool.submit(work.visit, semaphore, numbers, 5000)))
      expect([numbers[0], numbers[1]]).toEqual([0, expect.toSatisfy((most: number) => most === 1 || most === 2)])
      expect(`${semaphore}`).toMatch(/value=2(\/2)?>$/)
    }
  })
})

describe('SharedCell', () => {
  it('loses no change', () => {
    const cell = new SharedCell('int32', 0)
    results(each(() => pool.submit(work.addTo, cell, 20_000)))
    expect(cell.value).toBe(THREADS * 20_000)
  })
})

describe('Condition', () => {
  it('wakes the thread whose turn it is, again and again', () => {
    const [condition, turn, times] = [new Condition(), new SharedCell('int32', 0), 300]
    results(each((me) => pool.submit(work.takeTurns, condition, turn, me, THREADS, times)))
    expect(turn.value).toBe(THREADS * times)
  })

  it('wakes exactly as many as it is told, and none whose time is up', () => {
    const [condition, woken] = [new Condition(new Lock()), new SharedCell('int32', 0)]
    const notify = (count: number): void => {
      condition.acquire()
      condition.notify(count)
      condition.release()
    }
    const impatient = pool.submit(work.waitForNotice, condition, woken, 20)
    expect(impatient.result()).toBe(false)
    const waiting = [1, 2, 3].map(() => pool.submit(work.waitForNotice, condition, woken))
    while (!`${condition}`.endsWith(', 3)>')) sleep(2)
    notify(2)
    while (woken.value < 2) sleep(2)
    sleep(30)
    expect([woken.value, waiting.filter((future) => future.done()).length]).toEqual([2, 2])
    notify(5)
    expect(results(waiting)).toEqual([true, true, true])
    notify(1) // for nobody
    expect(pool.submit(work.waitForNotice, condition, woken, 20).result()).toBe(false)
  })
})

describe('Barrier', () => {
  it('lets all go on when the last has come, again and again', () => {
    const [barrier, numbers, times] = [new Barrier(THREADS), shared(), 200]
    const sums = results(each(() => pool.submit(work.meetAt, barrier, numbers, times)))
    expect(sums.reduce((a, b) => a + b)).toBe(times * (0 + 1 + 2 + 3))
    expect(`${barrier}`).toMatch(/^<Barrier at 0x7f[0-9a-f]{10}: waiters=0\/4>$/)
  })

  it('is broken by one whose time is up, by abort and by reset, for all that wait', () => {
    const barrier = new Barrier(3)
    expect(results([10, undefined].map((timeout) => pool.submit(work.isBroken, barrier, timeout)))).toEqual([
      true,
      true,
    ])
    expect([barrier.broken, `${barrier}`.endsWith(': broken>')]).toEqual([true, true])
    barrier.reset()
    for (const end of [() => barrier.reset(), () => barrier.abort()]) {
      const waiting = [1, 2].map(() => pool.submit(work.isBroken, barrier))
      while (barrier.nWaiting < 2) sleep(2)
      end()
      expect(results(waiting)).toEqual([true, true])
    }
    expect(barrier.broken).toBe(true)
  })
})

describe('Queue', () => {
  it('hands each item to one thread, in the order of each that puts, however many there are', () => {
    for (const maxsize of [0, 3]) {
      const queue = new Queue<{ from: number; n: number }>(maxsize)
      const consumers = [1, 2].map(() => pool.submit(work.consume, queue))
      const producers = [0, 1].map((from) => pool.submit(work.produce, queue, from, 2000))
      results(producers)
      queue.join()
      queue.shutdown()
      const got = results(consumers)
      const numbers = (from: number, items: { from: number; n: number }[]): number[] =>
        items.filter((item) => item.from === from).map((item) => item.n)
      const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b)
      for (const from of [0, 1]) {
        for (const items of got) expect(numbers(from, items)).toEqual(sorted(numbers(from, items)))
        expect(sorted(numbers(from, got.flat()))).toEqual([...Array(2000).keys()])
      }
    }
  })
})
