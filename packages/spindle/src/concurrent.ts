// Futures that threads share, and blocking waits for them: Python's `concurrent.futures`.

export {
  asCompleted,
  type CompletedFuture,
  type CompletedFutures,
  Future,
  type FutureCallback,
  type WaitOptions,
  type WaitResult,
  wait,
} from '@spindle/thread'
