// Conditions that lost notifications or cancellations, ported from former versions of asyncio and AnyIO.

import { CancelledError, type Coroutine, createTask, type Future, getRunningLoop, Lock, sleep } from 'spindle'
import type { Bug } from './bug.ts'

abstract class ConditionLike {
  readonly lock = new Lock()
  readonly waiters: Future<void>[] = []

  abstract wait(): Coroutine<void>

  notify(): void {
    this.waiters.find((waiter) => !waiter.done())?.setResult()
  }

  /** Takes the lock whatever happens, and only then throws the cancellation. */
  protected *reacquire(): Coroutine<void> {
    let cancelled: CancelledError | undefined
    for (;;) {
      try {
        yield* this.lock.acquire()
        break
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
        cancelled = error
      }
    }
    if (cancelled !== undefined) throw cancelled
  }
}

// --- asyncio.Condition of 3.12 (gh-112202): a waiter that was notified and cancelled did not pass the notification on.
// anyio.Condition had the same bug (#1075).

class Condition312 extends ConditionLike {
  override *wait(): Coroutine<void> {
    this.lock.release()
    try {
      const waiter = getRunningLoop().createFuture<void>()
      this.waiters.push(waiter)
      try {
        yield* waiter
      } finally {
        this.waiters.splice(this.waiters.indexOf(waiter), 1)
      }
    } finally {
      yield* this.reacquire()
    }
  }
}

class FixedCondition extends Condition312 {
  override *wait(): Coroutine<void> {
    try {
      yield* super.wait()
    } catch (error) {
      this.notify()
      throw error
    }
  }
}

export const condition312: Bug = {
  name: 'Condition: the notification of a cancelled waiter is lost',
  source: 'gh-112202, CPython 3.12',
  broken: () => oneItem(new Condition312()),
  fixed: () => oneItem(new FixedCondition()),
}

/** Two consumers and one item. The consumer that gets the item puts it back. */
function* oneItem(condition: ConditionLike): Coroutine<void> {
  let items = 0
  function* consumer(): Coroutine<void> {
    using _ = yield* condition.lock.acquire()
    while (items === 0) yield* condition.wait()
    items--
  }
  function* borrower(): Coroutine<void> {
    yield* consumer()
    using _ = yield* condition.lock.acquire()
    items++
    condition.notify()
  }
  const tasks = ['c1', 'c2'].map((name) => createTask(borrower(), { name }))
  yield* sleep(10)
  {
    using _ = yield* condition.lock.acquire()
    items++
    condition.notify()
  }
  for (const task of tasks) yield* task
}

// --- anyio.Condition before 4.13 (#1075): the same with a separate event for each waiter, which notify() removes from
// the queue.

class AnyIOCondition extends ConditionLike {
  override *wait(): Coroutine<void> {
    const event = getRunningLoop().createFuture<void>()
    this.waiters.push(event)
    this.lock.release()
    try {
      yield* event
    } catch (error) {
      this.afterCancel(event)
      throw error
    } finally {
      yield* this.reacquire()
    }
  }

  override notify(): void {
    const next = this.waiters.shift()
    if (next !== undefined && !next.done()) next.setResult()
    else if (next !== undefined) this.notify()
  }

  protected afterCancel(event: Future<void>): void {
    if (event.cancelled() && this.waiters.includes(event)) this.waiters.splice(this.waiters.indexOf(event), 1)
  }
}

class FixedAnyIOCondition extends AnyIOCondition {
  protected override afterCancel(event: Future<void>): void {
    super.afterCancel(event)
    if (!event.cancelled()) this.notify()
  }
}

export const anyioCondition: Bug = {
  name: 'Condition: a waiter that was notified and cancelled keeps the notification',
  source: 'AnyIO #1075',
  broken: () => oneItem(new AnyIOCondition()),
  fixed: () => oneItem(new FixedAnyIOCondition()),
}

// --- asyncio.Condition before bpo-32841: a cancellation that arrived while the lock was reacquired was lost.

class ConditionBefore32841 extends Condition312 {
  protected override *reacquire(): Coroutine<void> {
    for (;;) {
      try {
        yield* this.lock.acquire()
        return
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
      }
    }
  }
}

export const conditionBefore32841: Bug = {
  name: 'Condition: a cancellation while the lock is taken again is swallowed',
  source: 'bpo-32841',
  options: {
    check: ({ cancelled, task }) => {
      const ends = task.done() && !task.cancelled() ? (task.result() as string[]) : []
      for (const name of ends) {
        if (cancelled.includes(`main/${name}`)) throw new Error(`${name} was cancelled, and ended as if it were not`)
      }
    },
  },
  broken: () => reacquiring(new ConditionBefore32841()),
  fixed: () => reacquiring(new FixedCondition()),
}

/** Returns the names of the Tasks that reached their end. */
function* reacquiring(condition: ConditionLike): Coroutine<string[]> {
  const ends: string[] = []
  function* waiter(): Coroutine<void> {
    using _ = yield* condition.lock.acquire()
    yield* condition.wait()
    ends.push('waiter')
  }
  function* notifier(): Coroutine<void> {
    yield* sleep(10)
    using _ = yield* condition.lock.acquire()
    condition.notify()
    yield* sleep(10)
  }
  const tasks = [createTask(waiter(), { name: 'waiter' }), createTask(notifier(), { name: 'notifier' })]
  for (const task of tasks) {
    try {
      yield* task
    } catch {
      return ends
    }
  }
  return ends
}
