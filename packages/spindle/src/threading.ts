// What blocks a thread until another one lets it go on: Python's `threading`, `queue` and `time.sleep`.

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
