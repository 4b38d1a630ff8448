// Functions that the tests of locks and queues run on several threads at once.

import {
  type Barrier,
  BrokenBarrierError,
  type Condition,
  type Event,
  type Lock,
  type Queue,
  type RLock,
  type Semaphore,
  sleep,
} from '../index.ts'

/** Raises a number that is not atomic by itself, under a lock, which it gets in one way or the other. */
export function raise(lock: Lock | RLock, numbers: Int32Array, times: number): void {
  for (let time = 0; time < times; time++) {
    if (time % 3 === 0) lock.acquire()
    else if (time % 3 === 1) while (!lock.acquire({ timeout: 0.1 }));
    else if (!lock.acquire({ timeout: 0 })) lock.acquire()
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
    if (time % 3 > 0) semaphore.acquire()
    else while (!semaphore.acquire({ timeout: 0.1 }));
    const inside = Atomics.add(numbers, 0, 1) + 1
    for (let most = Atomics.load(numbers, 1); most < inside; most = Atomics.load(numbers, 1)) {
      Atomics.compareExchange(numbers, 1, most, inside)
    }
    Atomics.sub(numbers, 0, 1)
    semaphore.release()
  }
}

/** Hands a token around: each waits for its turn. */
export function takeTurns(condition: Condition, turn: Int32Array, me: number, of: number, times: number): void {
  for (let time = 0; time < times; time++) {
    condition.acquire()
    condition.waitFor(() => Atomics.load(turn, 0) % of === me)
    Atomics.add(turn, 0, 1)
    condition.notifyAll()
    condition.release()
  }
}

/** Puts in or takes out one number at a time, of a buffer with `room`. Each wakes one of the other threads. */
export function carry(
  { notEmpty, notFull, numbers }: { notEmpty: Condition; notFull: Condition; numbers: Int32Array },
  step: 1 | -1,
  room: number,
  times: number,
): void {
  const [mayGo, goesNext] = step === 1 ? [notFull, notEmpty] : [notEmpty, notFull]
  for (let time = 0; time < times; time++) {
    mayGo.acquire()
    while (numbers[0] === (step === 1 ? room : 0)) mayGo.wait({ timeout: time % 100 === 0 ? 0.1 : undefined })
    numbers[0] = (numbers[0] as number) + step
    numbers[1] = (numbers[1] as number) + 1
    goesNext.notify()
    mayGo.release()
  }
}

/** Waits for its own Event, takes it back, and sets the next one's. */
export function passOn(own: Event, next: Event, numbers: Int32Array, times: number): void {
  for (let time = 0; time < times; time++) {
    own.wait()
    own.clear()
    numbers[0] = (numbers[0] as number) + 1 // one at a time is awake
    next.set()
  }
}

export function waitForNotice(condition: Condition, woken: Int32Array, timeout?: number): boolean {
  condition.acquire()
  const notified = condition.wait({ timeout })
  if (notified) Atomics.add(woken, 0, 1)
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

/** Meets others again and again while `goOn` is set: how often it was the first and the second. `met` counts both. */
export function meetWhile(goOn: Event, barrier: Barrier, met: Int32Array): [first: number, second: number] {
  const times: [number, number] = [0, 0]
  while (goOn.isSet()) {
    try {
      times[barrier.wait({ timeout: 50 }) as 0 | 1]++
      Atomics.add(met, 0, 1)
    } catch {
      barrier.reset()
    }
  }
  return times
}

export function isBroken(barrier: Barrier, timeout?: number): boolean {
  try {
    barrier.wait({ timeout })
    return false
  } catch (error) {
    return error instanceof BrokenBarrierError
  }
}

export interface Item {
  readonly from: number
  readonly n: number
}

export function produce(queue: Queue<Item>, from: number, times: number): void {
  for (let n = 0; n < times; n++) queue.put({ from, n })
}

/** How many items were taken, their sum, and whether the items of each producer came in order. */
export interface Consumed {
  readonly taken: number
  readonly sum: number
  readonly inOrder: boolean
}

/** Takes items until the queue is shut down. */
export function consume(queue: Queue<Item>): Consumed {
  const last: number[] = []
  let [taken, sum, inOrder] = [0, 0, true]
  for (const { from, n } of queue) {
    inOrder &&= n > (last[from] ?? -1)
    last[from] = n
    taken++
    sum += n
    queue.taskDone()
  }
  return { taken, sum, inOrder }
}

export function join(queue: Queue): string {
  queue.join()
  return 'joined'
}

export function put(queue: Queue): string {
  try {
    queue.put('one more')
    return 'put'
  } catch (error) {
    return (error as Error).name
  }
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
  return lock.acquire({ timeout })
}

export function set(event: Event): void {
  event.set()
}
