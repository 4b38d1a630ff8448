// The types of the options and results of `spindle/thread`.

export type {
  Durations,
  ExecutorCallOptions,
  ItemOfCall,
  MapArguments,
  MapOptions,
  MapResults,
  PoolCallOptions,
  PoolEventMap,
  PoolLimits,
  ProcessPoolExecutorOptions,
  ResourceLimits,
  ResultOfCall,
  SentFor,
  ShutdownOptions,
  StreamResults,
  ThreadOptions,
  ThreadPoolExecutorOptions,
  WorkerModule,
} from '@spindle/thread'
