// For the other packages of the house; users never import this.
export { isAwaitable, isSuspension, RESUMED, Suspension, TURN } from './awaitable.ts'
export { currentContext, swapContext } from './context.ts'
export { creationStack } from './creation-stack.ts'
export { currentLoop } from './current-loop.ts'
export { BLOCKED_PROMISE } from './drivers/blocking.ts'
export { BrandedError, brandError, cancelledErrorWithoutStack } from './errors.ts'
export type { TaskSupport } from './event-loop.ts'
export { CANCELLED, RETURNED, THREW } from './future.ts'
export type { Outside } from './outside.ts'
export type { Ready } from './ready-queue.ts'
export { describeCallback, inspectSymbol, repr } from './repr.ts'
export {
  formatLocation,
  functionLocation,
  generatorLocation,
  isClosure,
  type SourceLocation,
} from './source-location.ts'
export type { TaskNode } from './task-list.ts'
export { threadState } from './thread-state.ts'
export type { Timer } from './timer-heap.ts'
