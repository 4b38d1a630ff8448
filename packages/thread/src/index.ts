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
export { type AnyFunction, fromModule } from './exported-function.ts'
export { asCompleted, type CompletedFuture, CompletedFutures } from './futures/as-completed.ts'
export { BrokenExecutor, BrokenProcessPool, BrokenThreadPool } from './futures/broken-executor.ts'
export { stopRequested, stopSignal } from './futures/current-call.ts'
export { Executor, type MapArguments, type ResultOfCall, type ShutdownOptions } from './futures/executor.ts'
export { Future, type FutureCallback } from './futures/future.ts'
export { type MapOptions, MapResults } from './futures/map-results.ts'
export { ProcessPoolExecutor, type ProcessPoolExecutorOptions } from './futures/process-pool-executor.ts'
export { runInExecutor, setDefaultExecutor, shutdownDefaultExecutor, toThread } from './futures/run-in-executor.ts'
export { ThreadPoolExecutor, type ThreadPoolExecutorOptions } from './futures/thread-pool-executor.ts'
export { type WaitOptions, type WaitResult, wait } from './futures/wait.ts'
export { wrapFuture } from './futures/wrap-future.ts'
export { callSoonThreadsafe, LoopHandle } from './loop-handle.ts'
export { isMain } from './main-module.ts'
export type { ResourceLimits } from './resource-limits.ts'
export { runCoroutineThreadsafe } from './run-coroutine-threadsafe.ts'
export { Event } from './shared-event.ts'
export { sleep } from './sleep.ts'
export { Barrier } from './sync/barrier.ts'
export { Condition } from './sync/condition.ts'
export { Lock } from './sync/lock.ts'
export { Queue } from './sync/queue.ts'
export { RLock } from './sync/r-lock.ts'
export { BoundedSemaphore, Semaphore } from './sync/semaphore.ts'
export { type CellTypes, SharedCell } from './sync/shared-cell.ts'
export {
  activeCount,
  currentThread,
  enumerate,
  getIdent,
  mainThread,
  type SentFor,
  Thread,
  type ThreadOptions,
} from './thread.ts'
export { Timer } from './timer.ts'
export { transfer } from './transfer.ts'
