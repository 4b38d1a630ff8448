// Eight threads of one pool at once, 1,000 times each (25,000 in the long form), less often where each operation wakes
// a thread. With any number of times: npm run fuzz 100000 contention

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { longForm, randomCases } from '../../../../test/tooling/long-form.ts'
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  type Future,
  Lock,
  Queue,
  RLock,
  Semaphore,
  sleep,
  ThreadPoolExecutor,
} from '../index.ts'
import * as work from './contention.fixture.ts'

const TIMES = randomCases(25_000, 1000)
const TURNS = randomCases(2500, 150)
const LONG = 600_000 // a longer wait has missed its wake-up, however slow the machine is
vi.setConfig({ testTimeout: LONG + 5000, hookTimeout: LONG })

const THREADS = 8
const pool = new ThreadPoolExecutor(THREADS)
beforeAll(() => {
  const all = new Barrier(THREADS) // so that each is started
  results(each(() => pool.submit(work.isBroken, all)))
})
afterAll(() => pool.shutdown({ wait: false }))

const each = <T>(start: (index: number) => T): T[] => Array.from({ length: THREADS }, (_, n) => start(n))
const results = <T>(futures: readonly Future<T>[]): T[] => futures.map((future) => future.result({ timeout: LONG }))
const shared = (length = 2): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length))

describe('Lock', () => {
  it('lets one thread in at a time, and loses no wake-up', () => {
    const [lock, numbers, times] = [new Lock(), shared(), TIMES]
    results(each(() => pool.submit(work.raise, lock, numbers, times)))
    expect({ number: numbers[0], locked: lock.locked() }).toEqual({ number: THREADS * times, locked: false })
  })

  it('is waited for until another thread releases it, or the wait times out', () => {
    const lock = new Lock()
    lock.acquire()
    expect(pool.submit(work.acquire, lock, 20).result()).toBe(false)
    const future = pool.submit(work.releaseAfter, 30, lock)
    expect({ acquired: lock.acquire({ timeout: 60_000 }), locked: lock.locked() }).toEqual({
      acquired: true,
      locked: true,
    })
    future.result()
  })
})

describe('RLock', () => {
  it('lets one thread in at a time, as often as it likes', () => {
    const [lock, numbers, times] = [new RLock(), shared(), TIMES]
    results(each(() => pool.submit(work.raiseTwice, lock, numbers, times)))
    expect({ number: numbers[0], locked: lock.locked() }).toEqual({ number: THREADS * times, locked: false })
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
  it('admits as many threads as it has permits, at most', () => {
    for (const semaphore of [new Semaphore(3), new BoundedSemaphore(3)]) {
      const numbers = shared()
      results(each(() => pool.submit(work.visit, semaphore, numbers, TIMES / 2)))
      expect([numbers[0], numbers[1]]).toEqual([0, expect.toSatisfy((most: number) => most >= 1 && most <= 3)])
      expect(`${semaphore}`).toMatch(/value=3(\/3)?>$/)
    }
  })
})

describe('Condition', () => {
  it('wakes one waiter per notification, and loses none', () => {
    const lock = new Lock()
    const shelf = { notEmpty: new Condition(lock), notFull: new Condition(lock), numbers: shared() }
    results(each((me) => pool.submit(work.carry, shelf, me % 2 === 0 ? 1 : -1, 5, TIMES)))
    expect([...shelf.numbers]).toEqual([0, THREADS * TIMES])
  })

  it('wakes the thread whose turn it is, again and again', () => {
    const [condition, turn, times] = [new Condition(), new Int32Array(new SharedArrayBuffer(4)), longForm ? 300 : 100]
    results(each((me) => pool.submit(work.takeTurns, condition, turn, me, THREADS, times)))
    expect(Atomics.load(turn, 0)).toBe(THREADS * times)
  })

  it('wakes exactly the requested number, and none that timed out', () => {
    const [condition, woken] = [new Condition(new Lock()), new Int32Array(new SharedArrayBuffer(4))]
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
    while (Atomics.load(woken, 0) < 2) sleep(2)
    sleep(30)
    expect([Atomics.load(woken, 0), waiting.filter((future) => future.done()).length]).toEqual([2, 2])
    notify(5)
    expect(results(waiting).filter((noticed) => !noticed)).toEqual([])
    notify(1)
    expect(pool.submit(work.waitForNotice, condition, woken, 20).result()).toBe(false)
  })
})

describe('Event', () => {
  it('wakes its waiters, and stays set for later waiters, again and again', () => {
    const [ring, numbers] = [each(() => new Event()), shared()]
    const future = each((me) =>
      pool.submit(work.passOn, ring[me] as Event, ring[(me + 1) % THREADS] as Event, numbers, TURNS),
    )
    ring[0]?.set()
    results(future)
    expect([numbers[0], ring.map((event) => event.isSet())]).toEqual([
      THREADS * TURNS,
      [true, ...Array(THREADS - 1).fill(false)],
    ])
  })
})

describe('Barrier', () => {
  it('lets all continue when the last has arrived, repeatedly', () => {
    const [barrier, numbers, times] = [new Barrier(THREADS), shared(), TURNS]
    const sums = results(each(() => pool.submit(work.meetAt, barrier, numbers, times)))
    expect(sums.reduce((a, b) => a + b)).toBe((times * (THREADS * (THREADS - 1))) / 2)
    expect(`${barrier}`).toMatch(/^<Barrier at 0x7f[0-9a-f]{10}: waiters=0\/8>$/)
  })

  it('is broken by a waiter that times out, by abort and by reset, for all waiters', () => {
    const barrier = new Barrier(3)
    const broken = results([10, undefined].map((timeout) => pool.submit(work.isBroken, barrier, timeout)))
    expect({ broken: broken.filter(Boolean).length }).toEqual({ broken: 2 })
    expect({ broken: barrier.broken, printed: `${barrier}`.endsWith(': broken>') }).toEqual({
      broken: true,
      printed: true,
    })
    barrier.reset()
    for (const end of [() => barrier.reset(), () => barrier.abort()]) {
      const waiting = [1, 2].map(() => pool.submit(work.isBroken, barrier))
      while (barrier.nWaiting < 2) sleep(2)
      end()
      expect({ broken: results(waiting).filter(Boolean).length }).toEqual({ broken: 2 })
    }
    expect(barrier.broken).toBe(true)
  })

  it('reports to each waiter how its own wait ended, however many others have ended before it wakes', () => {
    const [goOn, barrier, met] = [new Event(), new Barrier(2), shared()]
    goOn.set()
    const meetings = each(() => pool.submit(work.meetWhile, goOn, barrier, met))
    const end = performance.now() + (longForm ? 2000 : 100)
    for (let n = 0; performance.now() < end || Atomics.load(met, 0) === 0; n++) {
      barrier.reset()
      if (n % 50 === 0) sleep(0)
    }
    goOn.clear()
    barrier.abort()
    const times = results(meetings)
    const [firsts, seconds] = [0, 1].map((index) => times.reduce((sum, pair) => sum + (pair[index] as number), 0))
    expect(firsts).toBeGreaterThan(0)
    expect(firsts).toBe(seconds)
  })
})

describe('Queue', () => {
  it.each([0, 3])('hands each item to one thread, in the order of each that puts (maxSize %i)', (maxSize) => {
    const queue = new Queue<work.Item>(maxSize)
    const consumers = [0, 1, 2, 3].map(() => pool.submit(work.consume, queue))
    results([0, 1, 2, 3].map((from) => pool.submit(work.produce, queue, from, TIMES)))
    results([pool.submit(work.join, queue)])
    queue.shutdown()
    const ends = results(consumers)
    const total = (of: (end: work.Consumed) => number): number => ends.map(of).reduce((a, b) => a + b)
    expect([total((end) => end.taken), total((end) => end.sum)]).toEqual([4 * TIMES, 2 * TIMES * (TIMES - 1)])
    expect(ends.every((end) => end.inOrder)).toBe(true)
  })

  it('ends what waits on other threads when it is shut down', () => {
    const [full, empty] = [new Queue<string>(1), new Queue<string>()]
    full.put('first')
    const waits = [pool.submit(work.join, full), pool.submit(work.put, full), pool.submit(work.consume, empty as never)]
    sleep(30)
    expect(waits.filter((wait) => wait.done())).toEqual([])
    for (const queue of [full, empty]) queue.shutdown({ immediate: true })
    expect(results<unknown>(waits)).toEqual(['joined', 'QueueShutDown', { taken: 0, sum: 0, inOrder: true }])
  })
})
