export { signalsOf } from './bridges/abort-signals.ts'
export { type AsyncFunctionOptions, asFunctionLike, asyncFunction } from './bridges/async-function.ts'
export { type CallOptions, call, callBack } from './bridges/call.ts'
export type { EventArguments } from './bridges/event-arguments.ts'
export { type EventStream, type EventsOptions, events, type OnceOptions, once } from './bridges/events.ts'
export { ticks } from './bridges/ticks.ts'
export {
  type CallGraphOptions,
  captureCallGraph,
  type FutureCallGraph,
  formatCallGraph,
  printCallGraph,
} from './call-graph/call-graph.ts'
export type { StackEntry } from './call-graph/running-stack.ts'
export { type AsCompleted, asCompleted, type Completed, type FutureOf } from './combinators/as-completed.ts'
export {
  type ForEachBlock,
  type ForEachOptions,
  type ForEachSource,
  forEach,
  type ItemOf,
  type OpenSource,
} from './combinators/for-each.ts'
export { type GatherOptions, gather } from './combinators/gather.ts'
export { type GatherMapBlock, type GatherMapOptions, gatherMap } from './combinators/gather-map.ts'
export { type Items, iterate } from './combinators/iterate.ts'
export { any, type RaceOptions, race } from './combinators/race.ts'
export { type RetryOptions, retry } from './combinators/retry.ts'
export { shield } from './combinators/shield.ts'
export {
  ALL_COMPLETED,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type ReturnWhen,
  type WaitOptions,
  type WaitResult,
  wait,
} from './combinators/wait.ts'
export { waitFor } from './combinators/wait-for.ts'
export { coroutine } from './coroutines/coroutine.ts'
export { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from './coroutines/coroutine-iterable.ts'
export { isCoroutine, isCoroutineFunction } from './coroutines/is-coroutine.ts'
export { sleep } from './coroutines/sleep.ts'
export { $, $dropped } from './coroutines/transformed.ts'
export { futureAddToAwaitedBy, futureDiscardFromAwaitedBy } from './explain/awaited-by.ts'
export { abandon } from './run/abandon.ts'
export { type CloseHostLoopOptions, closeHostLoop, getHostLoop } from './run/host-loop.ts'
export { run } from './run/run.ts'
export type { MainSource, RunnerOptions, RunOptions } from './run/run-in-loop.ts'
export { Runner, runSync } from './run/runner.ts'
export {
  abortable,
  cancelOnAbort,
  type PlatformAbortSignal,
  withAbortSignal,
} from './scopes/abort-signal.ts'
export { deadline } from './scopes/deadline.ts'
export { awaitOwn, type ReleaseOption } from './scopes/discard.ts'
export {
  type Acquire,
  type ExitOutcome,
  type ExitStack,
  exitStack,
  type Release,
  type ResourceOptions,
} from './scopes/exit-stack.ts'
export type { AbortSignalLike } from './scopes/link-to-signal.ts'
export { onAbort } from './scopes/on-abort.ts'
export { resource } from './scopes/resource.ts'
export { rethrowIfCancelled } from './scopes/rethrow-if-cancelled.ts'
export type { EmitterLike, EventTargetLike } from './scopes/shared-listener.ts'
export { TaskGroup, taskGroup } from './scopes/task-group.ts'
export { moveOnAfter, type Timeout, timeout, timeoutAt } from './scopes/timeout.ts'
export { uncancellable } from './scopes/uncancellable.ts'
export { Barrier, BrokenBarrierError } from './sync/barrier.ts'
export { Condition } from './sync/condition.ts'
export { Event } from './sync/event.ts'
export { LifoQueue } from './sync/lifo-queue.ts'
export { Lock } from './sync/lock.ts'
export { LoopBound } from './sync/loop-bound.ts'
export { type Compare, PriorityQueue, type PriorityQueueOptions } from './sync/priority-queue.ts'
export { Queue, QueueEmpty, QueueFull, type QueueItems, QueueShutDown } from './sync/queue.ts'
export { RateLimiter } from './sync/rate-limiter.ts'
export { BoundedSemaphore, Semaphore } from './sync/semaphore.ts'
export { allTasks, currentTask, type LoopOption } from './tasks/current-task.ts'
export { checkpoint, due } from './tasks/due.ts'
export { createEagerTaskFactory, eagerTaskFactory } from './tasks/eager-task-factory.ts'
export { createTask, ensureFuture, type ResultOf } from './tasks/ensure-future.ts'
export { explain } from './tasks/explain.ts'
export { LabelledFuture } from './tasks/labelled-future.ts'
export { getEventLoop, newEventLoop } from './tasks/new-event-loop.ts'
export type { TaskOptions } from './tasks/task.ts'
export { Task } from './tasks/task-class.ts'
