import type { CreateTaskOptions, EventLoop, TaskFactory } from '@spindle/loop'
import { checkOptions, type LoopParts } from '@spindle/loop/internal'
import { coroutineOf } from '../coroutines/coroutine-of.ts'
import { defaultDrivers, defaultTools } from './default-parts.ts'
import { captureStores, enterStores, HostTask } from './host-task.ts'
import { Task, type TaskOptions } from './task.ts'

/** What every loop is given. Drivers and tools that a page imports later are added here, for the loops it has too. */
export const loopParts: LoopParts = {
  createTask: (loop, coroutine, options) =>
    new HostTask(coroutine, options === loop.ownOptions ? loop.ownOptions : inLoop(loop, options)),
  coroutineOf: (given) => coroutineOf('createTask', given),
  captureStores,
  enterStores,
  beforeClose,
  drivers: defaultDrivers,
  tools: defaultTools,
}

/** Makes the Tasks of loops that opt out of Node's `AsyncLocalStorage`. */
export const plainTaskFactory: TaskFactory = (loop, coroutine, options) =>
  new Task(coroutine, options === loop.ownOptions ? loop.ownOptions : inLoop(loop, options))

function inLoop(loop: EventLoop, options: CreateTaskOptions): TaskOptions {
  checkOptions('createTask()', options, ['name', 'context', 'eagerStart'])
  const { name, context, eagerStart } = options
  // Not `{ ...options, loop }`: a spread makes an object of another shape each time, which makes each new Task 15 %
  // more expensive.
  return { loop, name, context, eagerStart }
}

function beforeClose(loop: EventLoop): void {
  for (const task of loop.tasks) loop.callExceptionHandler({ message: 'Task was destroyed but it is pending!', task })
  leaveLines(loop)
}

/** A Future in the queue of a lock, semaphore, …: it holds up the waiters behind it until it leaves. */
export interface QueuedWaiter {
  leaveClosedLoop(): void
  passOn(): void
}

/**
 * Tasks of a closed loop never run again, so they must not hold up Tasks of other loops that queue for the same lock.
 * All of them leave before any of them passes its turn on.
 */
function leaveLines(loop: EventLoop): void {
  const waiters: QueuedWaiter[] = []
  for (const task of loop.tasks) {
    const waiter: object | undefined = task.waitedFor
    if (waiter !== undefined && 'leaveClosedLoop' in waiter) waiters.push(waiter as QueuedWaiter)
  }
  for (const waiter of waiters) waiter.leaveClosedLoop()
  for (const waiter of waiters) waiter.passOn()
}
