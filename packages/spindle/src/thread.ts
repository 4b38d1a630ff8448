export {
  type AnyFunction,
  callSoonThreadsafe,
  currentThread,
  Event,
  fromModule,
  isMain,
  LoopHandle,
  mainThread,
  type SentFor,
  sleep,
  Thread,
  type ThreadOptions,
} from '@spindle/thread'
