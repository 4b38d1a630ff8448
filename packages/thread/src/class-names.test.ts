import { expect, it } from 'vitest'
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  Future,
  Lock,
  ProcessPoolExecutor,
  Queue,
  RLock,
  Semaphore,
  Thread,
  ThreadPoolExecutor,
  Timer,
} from './index.ts'

const sync = { Barrier, BoundedSemaphore, Condition, Event, Lock, Queue, RLock, Semaphore }
const classes = { ...sync, Future, ProcessPoolExecutor, Thread, ThreadPoolExecutor, Timer }

it.each(Object.entries(classes))('%s prints a name that a minifier does not change', (name, type) => {
  expect(Object.getOwnPropertyDescriptor(type, 'className')?.value).toBe(name)
})
