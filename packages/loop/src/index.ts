export type { Awaitable, Coroutine, Suspension } from './awaitable.ts'
export { type Clock, VirtualClock } from './clock.ts'
export { Context, ContextVar, copyContext, Token } from './context.ts'
export { getRunningLoop, setEventLoop } from './current-loop.ts'
export {
  CancelledError,
  DeadlockError,
  InvalidStateError,
  KeyboardInterrupt,
  RuntimeError,
  TimeoutError,
} from './errors.ts'
export { EventLoop, type EventLoopOptions } from './event-loop.ts'
export type { ExceptionContext } from './exception-context.ts'
export { type ExceptionCondition, ExceptionGroup } from './exception-group.ts'
export { type DoneCallback, Future, type FutureOptions, isFuture } from './future.ts'
export { Handle, TimerHandle } from './handle.ts'
export type { LoopEvent, LoopEventMap, LoopEvents } from './loop-events.ts'
export type { ExceptionHandler } from './report-exception.ts'
export type { SourceLocation } from './source-location.ts'
export type { CreateTaskOptions, LoopTask, TaskFactory } from './task-support.ts'
