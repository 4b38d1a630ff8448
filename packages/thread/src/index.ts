export { CancelledError, InvalidStateError, TimeoutError } from '@spindle/loop'
export {
  ALL_COMPLETED,
  BrokenBarrierError,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  type ReturnWhen,
} from '@spindle/task'
export { BrokenExecutor, BrokenProcessPool, BrokenThreadPool } from './errors.ts'
export type { ExecutorCallOptions, PoolCallOptions } from './executors/call-options.ts'
export { reportProgress, stopRequested, stopSignal } from './executors/current-call.ts'
export {
  Executor,
  type ItemOfCall,
  type MapArguments,
  type ResultOfCall,
  type ShutdownOptions,
} from './executors/executor.ts'
export type { MapOptions, MapResults } from './executors/map-results.ts'
export type { PoolEventMap, PoolEvents } from './executors/pool-events.ts'
export type { PoolLimits } from './executors/pool-options.ts'
export type { Durations, PoolStats } from './executors/pool-stats.ts'
export { ProcessPoolExecutor, type ProcessPoolExecutorOptions } from './executors/process-pool-executor.ts'
export { runInExecutor, setDefaultExecutor, shutdownDefaultExecutor, toThread } from './executors/run-in-executor.ts'
export type { StreamResults } from './executors/stream-results.ts'
export { ThreadPoolExecutor, type ThreadPoolExecutorOptions } from './executors/thread-pool-executor.ts'
export { asCompleted, type CompletedFuture, type CompletedFutures } from './futures/as-completed.ts'
export { Future, type FutureCallback } from './futures/future.ts'
export { type WaitOptions, type WaitResult, wait } from './futures/wait.ts'
export { wrapFuture } from './futures/wrap-future.ts'
export { callSoonThreadsafe, type LoopHandle } from './loops/loop-handle.ts'
export { runCoroutineThreadsafe } from './loops/run-coroutine-threadsafe.ts'
export { sleep } from './shared-memory/sleep.ts'
export type { TimeoutOptions } from './shared-memory/timeouts.ts'
export { Barrier } from './sync/barrier.ts'
export { Condition } from './sync/condition.ts'
export { Event } from './sync/event.ts'
export { Lock } from './sync/lock.ts'
export { Queue } from './sync/queue.ts'
export { RLock } from './sync/r-lock.ts'
export { BoundedSemaphore, Semaphore } from './sync/semaphore.ts'
export { isMain } from './threads/main-module.ts'
export {
  activeCount,
  currentThread,
  enumerate,
  getIdent,
  mainThread,
  type SentFor,
  Thread,
  type ThreadOptions,
} from './threads/thread.ts'
export { Timer } from './threads/timer.ts'
export type { Environment, ResourceLimits, WorkerOptions } from './threads/worker-options.ts'
export { type AnyFunction, fromModule } from './transport/function-reference.ts'
export { transfer } from './transport/transfer.ts'
export { type WorkerModule, workerModule } from './transport/worker-module.ts'
