// A thread waits by sleeping on a number in shared memory until another changes it and calls Atomics.notify. Nothing
// else runs on this thread during the wait, neither callbacks of the host nor signal handlers; but results of its
// executors are received.

import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { realTime } from './real-time.ts'
import { hasPending, LIVENESS_CHECK_MS, receive, sleepOn } from './wakeup.ts'

/** How long it sleeps before it receives results of executors, so that their queues do not stand still. */
const RECEIVE_AFTER = 5

/**
 * Blocks while `cell[index]` is `value`, for `timeout` ms at most. Returns whether it changed. A wake-up is no proof: a
 * thread that is interrupted between its change and its notify wakes the waiters of the next change. With `isOver` it
 * also ends when that returns true, which it asks from time to time.
 */
export function blockWhile(
  cell: Int32Array,
  index: number,
  value: number,
  timeout: number,
  isOver?: () => boolean,
): boolean {
  const deadline = realTime() + timeout
  for (let rest = timeout; ; rest = deadline - realTime()) {
    const pending = hasPending()
    const slice = pending ? RECEIVE_AFTER : isOver === undefined ? Number.POSITIVE_INFINITY : LIVENESS_CHECK_MS
    sleepOn(cell, index, value, Math.min(rest, slice))
    if (Atomics.load(cell, index) !== value) return true
    if (pending) receive()
    if (deadline <= realTime()) return Atomics.load(cell, index) !== value
    if (isOver?.() === true) return false
  }
}

/**
 * Whether the thread at the other end of `port` has ended, for a thread that blocks and receives no events. The end of
 * a thread closes its ports, and a closed port can't be transferred.
 */
export function isGone(port: MessagePort): boolean {
  receiveMessageOnPort(port) // takes note of the closing
  return isClosed(port)
}

/** Whether a port that `receiveMessageOnPort` has just emptied is closed. */
export function isClosed(port: MessagePort): boolean {
  try {
    probe ??= new MessageChannel().port1
    probe.postMessage(unclonable, [port]) // fails either way, before anything is transferred
    return false
  } catch (error) {
    return !/(?:could|can) not be cloned/.test((error as Error).message) // Bun, where no port ever looks closed, says `can`
  }
}

let probe: MessagePort | undefined
function unclonable(): void {}
