export type { EventLoopOptions } from './base-event-loop.ts'
export { Context, copyContext } from './context/context.ts'
export { ContextVar, type Token } from './context/context-var.ts'
export { getRunningLoop, setEventLoop } from './context/current-loop.ts'
export {
  CancelledError,
  DeadlockError,
  InvalidStateError,
  KeyboardInterrupt,
  RuntimeError,
  TimeoutError,
} from './errors/errors.ts'
export { type ExceptionCondition, ExceptionGroup } from './errors/exception-group.ts'
export type { LoopEvent, LoopEventMap, LoopEvents } from './explain/loop-events.ts'
export type { EventLoop, ExceptionHandler } from './face/event-loop.ts'
export type { CancelRequest, CreateTaskOptions, Task, TaskFactory } from './face/task.ts'
export type { Awaitable, AwaitableSource, Coroutine, CoroutineSource, Suspension } from './futures/awaitable.ts'
export { type DoneCallback, Future, type FutureOptions, isFuture } from './futures/future.ts'
export type { SourceLocation } from './inspect/source-location.ts'
export type { ExceptionContext } from './reports/exception-context.ts'
export { type NewLoopListener, onNewLoop } from './reports/new-loops.ts'
export type { Clock } from './scheduling/clock.ts'
export type { Handle, TimerHandle } from './scheduling/handle.ts'
export { VirtualClock } from './scheduling/virtual-clock.ts'
