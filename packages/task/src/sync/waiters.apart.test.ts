import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { createTask, Event, gather, Lock, Queue, Semaphore, sleep, type Task } from '../index.ts'
import { LoopBound } from './loop-bound.ts'
import { type Immediate, NOTHING, Operation } from './operation.ts'
import { Waiter, Waiters } from './waiters.ts'

const MANY = 100_000
const TASKS = longForm ? 30_000 : 5000

describe('Waiters', () => {
  it('picks the pending waiters in order of arrival, once each', function* () {
    const line = new Line()
    const [a, b, c, d] = line.join(4)
    expect({ wakeNext: line.waiters.wakeNext(), states: states(a, b, c, d) }).toEqual({
      wakeNext: true,
      states: 'picked pending pending pending',
    })
    b.cancel()
    expect({ wakeNext: line.waiters.wakeNext(), states: states(a, b, c, d) }).toEqual({
      wakeNext: true,
      states: 'picked cancelled picked pending',
    })
    line.waiters.wakeUpTo(2)
    expect({ wakeNext: line.waiters.wakeNext(), states: states(a, b, c, d) }).toEqual({
      wakeNext: false,
      states: 'picked cancelled picked picked',
    })
    const [e] = line.join(1)
    line.waiters.remove(d)
    expect({ length: line.waiters.length, wakeNext: line.waiters.wakeNext(), states: states(e) }).toEqual({
      length: 4,
      wakeNext: true,
      states: 'picked',
    })
  })

  it('does not pick anybody as long as the first is picked and has not left, if it is asked for the first', function* () {
    const line = new Line()
    const [a, b] = line.join(2)
    line.waiters.wakeHead()
    line.waiters.wakeHead()
    expect(states(a, b)).toBe('picked pending')
    line.waiters.remove(a)
    line.waiters.wakeHead()
    expect(states(a, b)).toBe('picked picked')
  })

  it('tells whether there is anybody who was not cancelled', function* () {
    const line = new Line()
    const [a, b] = line.join(2)
    a.cancel()
    expect(line.waiters.hasLive).toBe(true)
    b.cancel()
    expect({ hasLive: line.waiters.hasLive, length: line.waiters.length }).toEqual({ hasLive: false, length: 2 })
    line.waiters.remove(a)
    line.waiters.remove(a) // has left
    expect({ hasLive: line.waiters.hasLive, length: line.waiters.length }).toEqual({ hasLive: false, length: 1 })
    line.join(1)
    expect({ hasLive: line.waiters.hasLive, length: line.waiters.length }).toEqual({ hasLive: true, length: 2 })
  })

  it('removes the first pending waiter, and all waiters before it', function* () {
    const line = new Line()
    const [a, b, c] = line.join(3)
    a.cancel()
    line.waiters.popNext()
    expect([states(a, b, c), line.waiters.length]).toEqual(['cancelled picked pending', 1])
    line.waiters.popNext()
    line.waiters.popNext()
    expect([states(a, b, c), line.waiters.length]).toEqual(['cancelled picked picked', 0])
  })

  // A search for each of those who leave would take minutes here. (The default limit of a test is 5 s.)
  it('lets a hundred thousand leave from the back, the front and the middle', function* () {
    const line = new Line()
    const all = line.join(MANY)
    for (let i = MANY - 1; i >= MANY / 2; i--) line.waiters.remove(all[i] as Waiter)
    for (let i = 0; i < MANY / 2; i += 2) line.waiters.remove(all[i] as Waiter)
    expect(line.waiters.length).toBe(MANY / 4)
    line.waiters.wakeAll()
    expect(all.filter((waiter) => waiter.done()).length).toBe(MANY / 4)
  })

  it('serves thousands of Tasks that are woken or cancelled all at once', function* () {
    const lock = new Lock()
    const event = new Event()
    const semaphore = new Semaphore(0)
    const queue = new Queue<number>()
    yield* lock.acquire()
    const counts: number[] = []
    function* inTurn(): Coroutine<void> {
      yield* lock.acquire()
      lock.release()
    }
    const waits: [wait: () => Coroutine<unknown>, wakeAll: () => void][] = [
      [inTurn, () => lock.release()],
      [() => event.wait(), () => event.set()],
      [() => semaphore.acquire(), () => times(TASKS, () => semaphore.release())],
      [() => queue.get(), () => times(TASKS, () => queue.putNowait(1))],
    ]
    for (const [wait, wakeAll] of waits) {
      const cancelled = times(TASKS, () => createTask(wait()))
      yield* sleep(0)
      for (const task of cancelled.toReversed()) task.cancel()
      yield* sleep(0)
      counts.push(cancelled.filter((task) => task.cancelled()).length)
      const woken = times(TASKS, () => createTask(wait()))
      yield* sleep(0)
      wakeAll()
      yield* gather(woken)
      counts.push(woken.filter(hasEnded).length)
    }
    expect(counts).toEqual(times(8, () => TASKS))
  })
})

class Line extends LoopBound {
  readonly waiters: Waiters = new Waiters(this, 'wait')
  readonly #operation = new Waiting(this.waiters)

  join<N extends number>(count: N): N extends 100_000 ? Waiter[] : [Waiter, Waiter, Waiter, Waiter] {
    const joined = times(count, () => new Waiter(this.#operation, getRunningLoop()))
    for (const waiter of joined) this.waiters.add(waiter)
    return joined as never // a tuple to be taken apart
  }

  override toString(): string {
    return '<Line>'
  }
}

class Waiting extends Operation<void> {
  override mustWait(): boolean {
    return true
  }

  override finish(): Immediate<void> {
    return NOTHING
  }
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

function hasEnded(task: Task<unknown>): boolean {
  return task.done() && !task.cancelled()
}

function states(...waiters: Waiter[]): string {
  return waiters.map((waiter) => (!waiter.done() ? 'pending' : waiter.cancelled() ? 'cancelled' : 'picked')).join(' ')
}
