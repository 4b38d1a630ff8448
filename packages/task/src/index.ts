export {
  type AbortSignalLike,
  abortable,
  cancelOnAbort,
  type PlatformAbortSignal,
  withAbortSignal,
} from './abort-signal.ts'
export { AsCompleted, asCompleted, type Completed, type FutureOf } from './as-completed.ts'
export { futureAddToAwaitedBy, futureDiscardFromAwaitedBy } from './awaited-by.ts'
export {
  type CallGraphOptions,
  captureCallGraph,
  type FutureCallGraph,
  formatCallGraph,
  printCallGraph,
} from './call-graph.ts'
export type { CancelRequest } from './cancel-state.ts'
export { coroutine } from './coroutine.ts'
export { allTasks, currentTask } from './current-task.ts'
export { createEagerTaskFactory, eagerTaskFactory } from './eager-task-factory.ts'
export { createTask, ensureFuture, type ResultOf } from './ensure-future.ts'
export {
  type CoroutineIterable,
  type CoroutineIterator,
  coroutineIterator,
  type ForEachBlock,
  type ForEachSource,
  forEach,
  type ItemOf,
} from './for-each.ts'
export { gather } from './gather.ts'
export { type GatherMapOptions, gatherMap } from './gather-map.ts'
export { isCoroutine, isCoroutineFunction } from './is-coroutine.ts'
export { getEventLoop, newEventLoop } from './new-event-loop.ts'
export { rethrowIfCancelled } from './rethrow-if-cancelled.ts'
export { Runner, type RunnerOptions, type RunOptions, run, runSync } from './runner.ts'
export type { StackEntry } from './running-stack.ts'
export { shield } from './shield.ts'
export { shielded } from './shielded.ts'
export { sleep } from './sleep.ts'
export { type RaceResult, staggeredRace } from './staggered-race.ts'
export { Barrier, BrokenBarrierError } from './sync/barrier.ts'
export { Condition } from './sync/condition.ts'
export { Event } from './sync/event.ts'
export { LifoQueue } from './sync/lifo-queue.ts'
export { Lock } from './sync/lock.ts'
export { type Compare, PriorityQueue, type PriorityQueueOptions } from './sync/priority-queue.ts'
export { Queue, QueueEmpty, QueueFull, type QueueItems, QueueShutDown } from './sync/queue.ts'
export { BoundedSemaphore, Semaphore } from './sync/semaphore.ts'
export { Task, type TaskOptions } from './task.ts'
export { TaskGroup, taskGroup } from './task-group.ts'
export { moveOnAfter, Timeout, timeout, timeoutAt } from './timeout.ts'
export {
  ALL_COMPLETED,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type ReturnWhen,
  type WaitOptions,
  type WaitResult,
  wait,
} from './wait.ts'
export { waitFor } from './wait-for.ts'
