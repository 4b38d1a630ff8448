// For tools that look into a program: who awaits whom, new loops, the events of a loop, how Tasks are made.

export {
  type LoopEvent,
  type LoopEventMap,
  type LoopEvents,
  type NewLoopListener,
  onNewLoop,
  type TaskFactory,
} from '@spindle/loop'
export {
  type CallGraphOptions,
  captureCallGraph,
  createEagerTaskFactory,
  eagerTaskFactory,
  type FutureCallGraph,
  formatCallGraph,
  futureAddToAwaitedBy,
  futureDiscardFromAwaitedBy,
  printCallGraph,
  type StackEntry,
} from '@spindle/task'
