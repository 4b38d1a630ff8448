// For few programs: contexts, the plain side of coroutines, bridges to callbacks, signals and clocks.

export { Context, copyContext, isFuture, setEventLoop, VirtualClock } from '@spindle/loop'
export {
  abandon,
  abortable,
  callBack,
  checkpoint,
  closeHostLoop,
  coroutineIterator,
  deadline,
  due,
  isCoroutine,
  isCoroutineFunction,
  iterate,
  RateLimiter,
  ticks,
  timeoutAt,
  withAbortSignal,
} from '@spindle/task'
