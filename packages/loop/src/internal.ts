// For the other packages of Spindle; users never import this. The build puts the whole loop in here, and `index.ts`
// re-exports the part for users: `import 'spindle'` loads one file of the loop.

export { BaseEventLoop, NO_PARTS } from './base-event-loop.ts'
export { ambient, type HostLoopClosing } from './context/ambient-state.ts'
export { currentContext, type Limit, ownContext } from './context/context.ts'
export { currentLoop } from './context/current-loop.ts'
export { deadlockError, listOf } from './drivers/deadlock-error.ts'
export { driversWithoutTasks } from './drivers/drivers.ts'
export { driveByHost, HostDriver } from './drivers/host.ts'
export { afterHostTurn, realTimers } from './drivers/host-timers.ts'
export { startIdleTimer } from './drivers/idle-timer.ts'
export type { PermanentRunHandlers } from './drivers/permanent-run.ts'
export { reportStopping } from './drivers/report-stopping.ts'
export { UntilComplete } from './drivers/until-complete.ts'
export { blockedPromiseError } from './errors/blocked-promise.ts'
export { checkDelay, checkGraceTime, checkTime, checkTimeout } from './errors/check-delay.ts'
export { checkEnvironment } from './errors/check-environment.ts'
export { checkOptions } from './errors/check-options.ts'
export { BrandedError, brandError, cancelledErrorWithoutStack, messageOf } from './errors/errors.ts'
export { formatError } from './errors/format-error.ts'
export { recordCreation } from './explain/creation-probe.ts'
export { reportDropped } from './explain/dropped-value.ts'
export { toolsWithoutTasks } from './explain/tools-without-tasks.ts'
export { EventLoop } from './face/event-loop.ts'
export type { Drivers, HostRun, LoopParts } from './face/loop-parts.ts'
export {
  type Explainer,
  type Probe,
  type ResourceAction,
  type StepTrace,
  type TaskOutcome,
  type Tools,
  trace,
} from './face/probe.ts'
export type { TaskNode } from './face/task.ts'
export type { WakeSources } from './face/wake-sources.ts'
export type { Advice } from './futures/advice.ts'
export {
  AlreadyAwaited,
  alreadyAwaited,
  isAwaitable,
  isSuspension,
  isThenable,
  RESUMED,
  Suspension,
} from './futures/awaitable.ts'
export {
  type CoroutineBrand,
  CoroutineObject,
  coroutineBrand,
  isCoroutineObject,
  SuspendedCoroutine,
} from './futures/coroutine-object.ts'
export { CANCELLED, RETURNED, THREW } from './futures/future.ts'
export { HostFuture, resumeInline } from './futures/host-future.ts'
export { NEXT_ITERATION } from './futures/next-iteration.ts'
export { SharedDoneCallback } from './futures/shared-done-callback.ts'
export type { Wakeable } from './futures/wake-list.ts'
export * from './index.ts'
export { className } from './inspect/class-name.ts'
export { creationStack, isOurs } from './inspect/creation-stack.ts'
export { describeCallback } from './inspect/describe-callback.ts'
export { disposeKeyOf } from './inspect/dispose-key.ts'
export { isInFinally } from './inspect/finally-blocks.ts'
export { foldFrames } from './inspect/fold-frames.ts'
export { formatLocation } from './inspect/format-location.ts'
export { withFramesInLine } from './inspect/frames-in-line.ts'
export {
  type AsyncHooks,
  type AsyncScope,
  hostConsole,
  hostProcess,
} from './inspect/host-globals.ts'
export { disposable, disposeLate, isDisposeLate } from './inspect/late-dispose.ts'
export { parseFrame } from './inspect/parse-frame.ts'
export { printable } from './inspect/printable.ts'
export { inspectSymbol, isError, nameOf, repr } from './inspect/repr.ts'
export {
  functionLocation,
  generatorLocation,
  type Inspector,
  inspect as inspectInEngine,
  type SourceLocation,
  scriptLocation,
} from './inspect/source-location.ts'
export { setStackTraceLimit, stackTraceLimit } from './inspect/stack-trace-limit.ts'
export type { EventEmitter3Map } from './reports/event-emitter3-map.ts'
export { reportUnretrieved } from './reports/unretrieved-exception.ts'
export { BinaryHeap } from './scheduling/binary-heap.ts'
export { hostClock, monotonicClock } from './scheduling/clock.ts'
export { Handle } from './scheduling/handle.ts'
export type { Ready } from './scheduling/ready.ts'
export { Ring } from './scheduling/ring.ts'
export { type LinkedTimer, type Timer, TimerHeap } from './scheduling/timer-heap.ts'
