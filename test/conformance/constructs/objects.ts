// Creates the objects that Tasks share: locks, events, queues.

import { Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, Semaphore } from 'spindle'
import { action, type Node } from '../language.ts'
import { tellState } from '../show.ts'

const TYPES = {
  Lock: () => new Lock(),
  Event: () => new Event(),
  Condition: () => new Condition(),
  Semaphore: (value?: number) => new Semaphore(value),
  BoundedSemaphore: (value?: number) => new BoundedSemaphore(value),
  Barrier: (parties?: number) => new Barrier(parties ?? 1),
  Queue: (maxSize?: number) => new Queue<number>(maxSize),
  PriorityQueue: (maxSize?: number) => new PriorityQueue<number>(maxSize),
  LifoQueue: (maxSize?: number) => new LifoQueue<number>(maxSize),
}

export type ObjectType = keyof typeof TYPES

const make_ = action<{ type: ObjectType; name: string; value?: number }>('make', {
  run({ type, name, value }, env) {
    env.set(name, TYPES[type](value))
  },
  python: ({ type, name, value }, print) => `${print.assigned(name)} = asyncio.${type}(${value ?? ''})`,
  typescript: ({ type, name, value }, print) => `${print.assigned(name)} = new ${type}(${value ?? ''})`,
})
/** Creates a Lock, a Semaphore with a value, a Queue with a size, … */
export const make = (type: ObjectType, name: string, value?: number): Node =>
  make_({ type, name, ...(value !== undefined && { value }) })

const conditionOn_ = action<{ name: string; lock: string }>('conditionOn', {
  run({ name, lock }, env) {
    env.set(name, new Condition(env.getAs<Lock>(lock)))
  },
  python: ({ name, lock }, print) => `${print.assigned(name)} = asyncio.Condition(${lock})`,
  typescript: ({ name, lock }, print) => `${print.assigned(name)} = new Condition(${lock})`,
})
/** A Condition that shares a Lock. */
export const conditionOn = (name: string, lock: string): Node => conditionOn_({ name, lock })

tellState(Lock, (lock) => `locked=${lock.locked()}`)
tellState(Event, (event) => `set=${event.isSet()}`)
tellState(Condition, (condition) => `locked=${condition.locked()}`)
tellState(Semaphore, (semaphore) => `locked=${semaphore.locked()}`)
tellState(Barrier, (barrier) => `waiting=${barrier.nWaiting} broken=${barrier.broken}`)
tellState(Queue<number>, (queue) => `size=${queue.qsize()} full=${queue.full()}`)
