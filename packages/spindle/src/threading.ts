// Whatever blocks a thread until another one wakes it: Python's `threading`, `queue` and `time.sleep`.

export {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  Lock,
  Queue,
  RLock,
  Semaphore,
  sleep,
  type TimeoutOptions,
} from '@spindle/thread'
