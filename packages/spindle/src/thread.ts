// Threads and executors, as in Python's `threading` and `concurrent.futures`. What has a name that is another thing in
// `spindle` is in a namespace.

import * as concurrent from './concurrent.ts'
import * as threading from './threading.ts'

export {
  type AnyFunction,
  activeCount,
  BrokenExecutor,
  BrokenProcessPool,
  BrokenThreadPool,
  callSoonThreadsafe,
  currentThread,
  Executor,
  enumerate,
  fromModule,
  getIdent,
  isMain,
  type LoopHandle,
  mainThread,
  type PoolEvents,
  type PoolStats,
  ProcessPoolExecutor,
  reportProgress,
  runCoroutineThreadsafe,
  runInExecutor,
  setDefaultExecutor,
  shutdownDefaultExecutor,
  stopRequested,
  stopSignal,
  Thread,
  ThreadPoolExecutor,
  Timer,
  toThread,
  transfer,
  workerModule,
  wrapFuture,
} from '@spindle/thread'
export { concurrent, threading }
