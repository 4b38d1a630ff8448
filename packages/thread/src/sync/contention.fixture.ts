// What the tests of locks and queues run on several threads at once.

import {
  type Barrier,
  BrokenBarrierError,
  type Condition,
  type Event,
  type Lock,
  type Queue,
  type RLock,
  type Semaphore,
  type SharedCell,
  sleep,
} from '../index.ts'

/** Raises a number that is not atomic by itself, under a lock. */
export function raise(lock: Lock | RLock, numbers: Int32Array, times: number): void {
  for (let time = 0; time < times; time++) {
    lock.acquire()
    numbers[0] = (numbers[0] as number) + 1
    lock.release()
  }
}

export function raiseTwice(lock: RLock, numbers: Int32Array, times: number): void {
  for (let time = 0; time < times; time++) {
    lock.acquire()
    raise(lock, numbers, 1)
    lock.release()
  }
}

/** Notes how many are in at once, and the most there ever were. */
export function visit(semaphore: Semaphore, numbers: Int32Array, times: number): void {
  for (let time = 0; time < times; time++) {
    semaphore.acquire()
    const inside = Atomics.add(numbers, 0, 1) + 1
    for (let most = Atomics.load(numbers, 1); most < inside; most = Atomics.load(numbers, 1)) {
      Atomics.compareExchange(numbers, 1, most, inside)
    }
    Atomics.sub(numbers, 0, 1)
    semaphore.release()
  }
}

export function addTo(cell: SharedCell<'int32'>, times: number): void {
  for (let time = 0; time < times; time++) cell.add(1)
}

/** Hands a token around: each waits for its turn. */
export function takeTurns(
  condition: Condition,
  turn: SharedCell<'int32'>,
  me: number,
  of: number,
  times: number,
): void {
  for (let time = 0; time < times; time++) {
    condition.acquire()
    condition.waitFor(() => turn.value % of === me)
    turn.add(1)
    condition.notifyAll()
    condition.release()
  }
}

export function waitForNotice(condition: Condition, woken: SharedCell<'int32'>, timeout?: number): boolean {
  condition.acquire()
  const notified = condition.wait(timeout)
  if (notified) woken.add(1)
  condition.release()
  return notified
}

export function meetAt(barrier: Barrier, numbers: Int32Array, times: number): number {
  let sum = 0
  for (let time = 1; time <= times; time++) {
    Atomics.add(numbers, 0, 1)
    sum += barrier.wait()
    if (Atomics.load(numbers, 0) < time * barrier.parties) throw new Error('somebody went on too early')
    sum += barrier.wait() * 0
  }
  return sum
}

export function isBroken(barrier: Barrier, timeout?: number): boolean {
  try {
    barrier.wait(timeout)
    return false
  } catch (error) {
    return error instanceof BrokenBarrierError
  }
}

export function produce(queue: Queue<{ from: number; n: number }>, from: number, times: number): void {
  for (let n = 0; n < times; n++) queue.put({ from, n })
}

/** All that was got until the queue was shut down. */
export function consume(queue: Queue<{ from: number; n: number }>): { from: number; n: number }[] {
  const got: { from: number; n: number }[] = []
  for (const item of queue) {
    got.push(item)
    queue.taskDone()
  }
  return got
}

export function releaseAfter(ms: number, lock: Lock | Semaphore): void {
  sleep(ms)
  lock.release()
}

export function tryRelease(lock: RLock): string {
  try {
    lock.release()
    return 'released'
  } catch (error) {
    return String(error)
  }
}

export function acquire(lock: Lock | RLock, timeout: number): boolean {
  return lock.acquire(timeout)
}

export function set(event: Event): void {
  event.set()
}
