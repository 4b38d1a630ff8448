// Locks and semaphores that hung, ported from former versions of asyncio and AnyIO. Only code that is unrelated to the
// bug is left out.

import { CancelledError, type Coroutine, createTask, type Future, getRunningLoop, sleep } from 'spindle'
import type { Bug } from './bug.ts'

interface LockLike {
  acquire(): Coroutine<void>
  release(): void
}

type Note = (what: 'arrived' | 'served', name: string) => void

/**
 * Workers that each hold the lock for `hold` ms, from `arrives` on. Main retrieves their results, whatever they are.
 * @param note called when a worker arrives, and when it is served
 */
function* workers(lock: LockLike, arrivals: readonly number[], hold: number, note?: Note): Coroutine<void> {
  function* worker(name: string, arrives: number): Coroutine<void> {
    if (arrives > 0) yield* sleep(arrives)
    note?.('arrived', name)
    yield* lock.acquire()
    note?.('served', name)
    try {
      yield* sleep(hold)
    } finally {
      lock.release()
    }
  }
  const tasks = arrivals.map((arrives, n) => createTask(worker(`w${n + 1}`, arrives), { name: `w${n + 1}` }))
  for (const task of tasks) yield* task
}

function newFuture(): Future<void> {
  return getRunningLoop().createFuture<void>()
}

// --- asyncio.Lock before bpo-27585: a waiter that was woken and cancelled did not wake the next one.

class Lock implements LockLike {
  locked = false
  protected readonly waiters: Future<void>[] = [];

  *acquire(): Coroutine<void> {
    if (!this.locked && this.waiters.every((waiter) => waiter.cancelled())) {
      this.locked = true
      return
    }
    const waiter = newFuture()
    this.waiters.push(waiter)
    try {
      yield* waiter
      this.locked = true
    } finally {
      this.waiters.splice(this.waiters.indexOf(waiter), 1)
    }
  }

  release(): void {
    this.locked = false
    this.wakeFirst()
  }

  protected wakeFirst(): void {
    this.waiters.find((waiter) => !waiter.done())?.setResult()
  }
}

class FixedLock extends Lock {
  override *acquire(): Coroutine<void> {
    try {
      yield* super.acquire()
    } catch (error) {
      if (!this.locked) this.wakeFirst()
      throw error
    }
  }
}

export const lock: Bug = {
  name: 'Lock: the wake-up of a cancelled waiter is lost',
  source: 'bpo-27585',
  broken: () => workers(new Lock(), [0, 0, 0], 10),
  fixed: () => workers(new FixedLock(), [0, 0, 0], 10),
}

// --- asyncio.Semaphore of 3.9 (gh-90155): a newcomer could take a permit that was on its way to a waiter, and the
// waiter went to the end of the queue.

class Semaphore39 implements LockLike {
  protected value = 1
  protected readonly waiters: Future<void>[] = [];

  *acquire(): Coroutine<void> {
    while (this.value === 0) {
      const waiter = newFuture()
      this.waiters.push(waiter)
      try {
        yield* waiter
      } catch (error) {
        waiter.cancel()
        if (this.value > 0 && !waiter.cancelled()) this.wakeNext()
        throw error
      }
    }
    this.value--
  }

  release(): void {
    this.value++
    this.wakeNext()
  }

  protected wakeNext(): void {
    for (let next = this.waiters.shift(); next !== undefined; next = this.waiters.shift()) {
      if (!next.done()) return next.setResult()
    }
  }
}

// As of 3.12: a waiter that is woken already has the permit.
class FixedSemaphore implements LockLike {
  #value = 1
  readonly #waiters: Future<void>[] = [];

  *acquire(): Coroutine<void> {
    if (this.#value > 0 && this.#waiters.every((waiter) => waiter.cancelled())) {
      this.#value--
      return
    }
    const waiter = newFuture()
    this.#waiters.push(waiter)
    try {
      try {
        yield* waiter
      } finally {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
      }
    } catch (error) {
      if (!waiter.cancelled()) this.#value++
      throw error
    } finally {
      while (this.#value > 0 && this.#wakeNext());
    }
  }

  release(): void {
    this.#value++
    this.#wakeNext()
  }

  #wakeNext(): boolean {
    const next = this.#waiters.find((waiter) => !waiter.done())
    if (next === undefined) return false
    this.#value--
    next.setResult()
    return true
  }
}

/** Waiters are served in order of arrival, unless they are cancelled. */
function* inOrder(lock: LockLike): Coroutine<void> {
  const log = { arrived: [] as string[], served: [] as string[] }
  yield* workers(lock, [0, 5, 25], 20, (what, name) => log[what].push(name))
  if (`${log.served}` !== `${log.arrived}`) throw new Error(`${log.arrived} arrived, and ${log.served} were served`)
}

export const semaphore39: Bug = {
  name: 'Semaphore: a newcomer overtakes the waiter that was woken',
  source: 'gh-90155, CPython 3.9',
  broken: () => inOrder(new Semaphore39()),
  fixed: () => inOrder(new FixedSemaphore()),
}

// --- asyncio.Semaphore of 3.10.5 (gh-90155): the first fix blocked newcomers while a wake-up was on its way, and did
// not unblock them when its waiter was cancelled.

class Semaphore3105 extends Semaphore39 {
  #wakeUpScheduled = false

  override *acquire(): Coroutine<void> {
    while (this.#wakeUpScheduled || this.value === 0) {
      const waiter = newFuture()
      this.waiters.push(waiter)
      try {
        yield* waiter
        this.#wakeUpScheduled = false
      } catch (error) {
        if (error instanceof CancelledError) this.wakeNext()
        throw error
      }
    }
    this.value--
  }

  protected override wakeNext(): void {
    for (let next = this.waiters.shift(); next !== undefined; next = this.waiters.shift()) {
      if (next.done()) continue
      next.setResult()
      this.#wakeUpScheduled = true
      return
    }
  }
}

export const semaphore3105: Bug = {
  name: 'Semaphore: closed forever when the waiter that was woken is cancelled',
  source: 'gh-90155, CPython 3.10.5',
  broken: () => workers(new Semaphore3105(), [0, 0, 15], 10),
  fixed: () => workers(new FixedSemaphore(), [0, 0, 15], 10),
}

// --- anyio.Lock before 4.14 (#1145): release() left cancelled waiters in the queue. A newcomer that arrived before
// they had left queued behind them and was never woken.

class AnyIOLock implements LockLike {
  protected hasOwner = false
  protected waiters: Future<void>[] = [];

  *acquire(): Coroutine<void> {
    if (!this.hasOwner && this.waiters.length === 0) {
      this.hasOwner = true
      return
    }
    const waiter = newFuture()
    this.waiters.push(waiter)
    try {
      yield* waiter
    } catch (error) {
      if (!waiter.cancelled()) this.release()
      throw error
    } finally {
      this.waiters = this.waiters.filter((other) => other !== waiter)
    }
  }

  release(): void {
    const next = this.waiters.find((waiter) => !waiter.done())
    this.hasOwner = next !== undefined
    next?.setResult()
  }
}

class FixedAnyIOLock extends AnyIOLock {
  override release(): void {
    this.waiters = this.waiters.filter((waiter) => !waiter.cancelled())
    super.release()
  }
}

export const anyioLock: Bug = {
  name: 'Lock: who comes while a cancelled waiter leaves is never woken',
  source: 'AnyIO #1145',
  broken: () => workers(new AnyIOLock(), [0, 0, 10], 10),
  fixed: () => workers(new FixedAnyIOLock(), [0, 0, 10], 10),
}
