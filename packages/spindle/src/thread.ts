export {
  type AnyFunction,
  currentThread,
  Event,
  fromModule,
  isMain,
  mainThread,
  sleep,
  Thread,
  type ThreadOptions,
} from '@spindle/thread'
