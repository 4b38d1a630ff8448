// For the other packages of the house; users never import this. When it is built, the whole loop is in here, and `index.ts`
// passes on what is for users: then `import 'spindle'` loads one file of the loop.

export { currentContext } from './context/context.ts'
export { currentLoop } from './context/current-loop.ts'
export { threadState } from './context/thread-state.ts'
export { BLOCKED_PROMISE } from './drivers/blocking.ts'
export { BrandedError, brandError, cancelledErrorWithoutStack } from './errors/errors.ts'
export { isAwaitable, isSuspension, noPromise, notAwaited, RESUMED, Suspension, TURN } from './futures/awaitable.ts'
export { CANCELLED, RETURNED, THREW } from './futures/future.ts'
export { HostFuture, resumeInline } from './futures/host-future.ts'
export { SharedDoneCallback } from './futures/shared-done-callback.ts'
export * from './index.ts'
export { describeCallback, inspectSymbol, repr } from './inspect/repr.ts'
export { formatLocation, functionLocation, generatorLocation, isClosure } from './inspect/source-location.ts'
export type { Timer } from './scheduling/timer-heap.ts'
export type { TaskNode } from './task-list.ts'
export type { TaskSupport } from './task-support.ts'
export type { Outside } from './wake-sources.ts'
