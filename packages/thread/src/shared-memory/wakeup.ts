// Other threads send messages to this one: results of executors, ends of coroutines. They post one and wake the thread:
//
//   worker ──port──▶ source                   the host delivers the message unless this thread blocks
//          └─wake──▶ (this thread asleep)     every wait of this package, and of a blocked loop, receives the message
//
// A thread has one wake cell, because it can sleep in only one place.

import type { EventLoop } from '@spindle/loop'
import { DeadlockError, RuntimeError } from '@spindle/loop'
import { CAN_MIX_LISTENERS, receiveWhenWoken } from './host-turns.ts'
import { realTime } from './real-time.ts'
import { wake } from './wake.ts'

export interface Source {
  /**
   * Receives messages. `look`: whether to check also that the other ends still exist. `isBlocked`: the thread waits,
   * and the host gets no turn.
   */
  receive(look: boolean, isBlocked: boolean): void
  /** Whether anything is still to come. */
  readonly pending: boolean
  /** The time, by `realTime()`, at which a sleeping thread must wake because the source has work to do. */
  readonly due?: number
  /** Called when this process ends. */
  abandon?(): void
}

/** How long a thread sleeps before it checks whether the threads it waits for still exist: killed threads wake none. */
export const LIVENESS_CHECK_MS = 100

/** The cell on which this thread sleeps. To wake the thread, increment and notify it. */
export const wakeCell: Int32Array = new Int32Array(new SharedArrayBuffer(4))

/** Sleeps while `cell[index]` is `value`. @throws RuntimeError if this thread may not sleep */
export function sleepOn(
  cell: Int32Array,
  index: number,
  value: number,
  timeout: number,
): 'ok' | 'not-equal' | 'timed-out' {
  try {
    return Atomics.wait(cell, index, value, timeout)
  } catch (cause) {
    throw new RuntimeError(
      'this thread may not block: a browser lets only workers do so. Start a Thread that waits, or await a Future',
      { cause },
    )
  }
}

/** Makes every later wait on this thread receive messages for `source`. */
export function addSource(source: Source): void {
  if (!hasSources) process.on('exit', () => void [...sources].map((each) => each.abandon?.()))
  hasSources = true
  sources.add(source)
  if (CAN_MIX_LISTENERS || isWatched) return
  isWatched = true
  void receiveWhenWoken(
    wakeCell,
    () => receive(false),
    () => (isWatched = sources.size > 0),
  )
}

export function removeSource(source: Source): void {
  sources.delete(source)
  if (!CAN_MIX_LISTENERS) wake(wakeCell)
}

export function hasPending(): boolean {
  for (const source of sources) if (source.pending) return true
  return false
}

export function receive(isBlocked = true): void {
  if (sources.size === 0) return
  const now = realTime()
  const look = now - lookedAt >= LIVENESS_CHECK_MS
  if (look) lookedAt = now
  for (const source of [...sources]) source.receive(look, isBlocked)
}

/** A report of a wait that lasts long. */
export interface LongWait {
  /** The delay in ms. */
  readonly after: number
  /** Returns whether there was something to report. Otherwise it is called again after a tenth of the delay. */
  readonly report: (waited: number) => boolean
}

/**
 * Blocks until `done` returns true, for at most `timeout` ms, and receives messages during the wait. Returns whether it
 * is done.
 *
 * @throws DeadlockError if nothing pending on this thread could ever end the wait
 */
export function waitUntil(
  done: () => boolean,
  timeout: number,
  what: () => string,
  longWait: LongWait | undefined = undefined,
): boolean {
  const startedAt = realTime()
  const deadline = startedAt + timeout
  let reportAt = startedAt + (longWait?.after ?? Number.POSITIVE_INFINITY)
  for (;;) {
    const seen = Atomics.load(wakeCell, 0) // before receive(): a later message changes the cell, and prevents the sleep
    receive()
    if (done()) return true
    if (longWait !== undefined && reportAt <= realTime()) {
      const isReported = longWait.report(realTime() - startedAt)
      reportAt = isReported ? Number.POSITIVE_INFINITY : realTime() + longWait.after / 10
      continue
    }
    const rest = deadline - realTime()
    if (rest <= 0) return false
    if (timeout === Number.POSITIVE_INFINITY && !hasPending())
      throw new DeadlockError(`${what()} would wait forever: nothing on this thread is left that could end it`)
    sleepOn(wakeCell, 0, seen, Math.min(rest, reportAt - realTime(), longestSleep()))
  }
}

/** How long this thread may sleep before its sources have to be checked. */
function longestSleep(): number {
  if (sources.size === 0) return Number.POSITIVE_INFINITY
  let due = Number.POSITIVE_INFINITY
  for (const source of sources) due = Math.min(due, source.due ?? due)
  return Math.max(0, Math.min(LIVENESS_CHECK_MS, due - realTime()))
}

/** Makes a loop of this thread receive messages, even while it blocks the thread. `take` is called in addition. */
export function connect(loop: EventLoop, take?: () => void): void {
  const { wakeSources } = loop
  if (wakeSources.wakeCell !== wakeCell) {
    wakeSources.wakeCell = wakeCell
    wakeSources.receive = receive
    wakeSources.maxSleep = LIVENESS_CHECK_MS
  }
  if (take === undefined) return
  const before = wakeSources.receive
  wakeSources.receive = () => {
    before?.()
    take()
  }
}

const sources = new Set<Source>()
let hasSources = false // at some time
let lookedAt = 0
let isWatched = false // on Deno: whether the wake cell calls receive()
