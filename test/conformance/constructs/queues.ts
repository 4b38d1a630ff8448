import type { Queue } from 'spindle'
import { action, awaitable, type Node } from '../language.ts'
import type { Maker } from '../random/maker.ts'
import { make, type ObjectType } from './objects.ts'

function anyQueue(maker: Maker): string {
  return maker.shared('queue', (name) => {
    const type = maker.pick<ObjectType>(['Queue', 'Queue', 'Queue', 'PriorityQueue', 'LifoQueue'])
    return maker.chance(0.4) ? make(type, name) : make(type, name, maker.integer(3))
  })
}

type NumberQueue = Queue<number>

const put_ = awaitable<{ name: string; item: number }>('put', {
  make: ({ name, item }, env) => env.getAs<NumberQueue>(name).put(item),
  python: ({ name, item }) => `${name}.put(${item})`,
  typescript: ({ name, item }) => `${name}.put(${item})`,
  random: { family: 'queues', weight: 14, make: (maker) => ({ name: anyQueue(maker), item: maker.integer(10) }) },
})
export const put = (name: string, item: number): Node => put_({ name, item })

const get_ = awaitable<{ name: string }>('get', {
  make: ({ name }, env) => env.getAs<NumberQueue>(name).get(),
  python: ({ name }) => `${name}.get()`,
  typescript: ({ name }) => `${name}.get()`,
  random: { family: 'queues', weight: 14, make: (maker) => ({ name: anyQueue(maker) }) },
})
export const get = (name: string): Node => get_({ name })

const join_ = awaitable<{ name: string }>('join', {
  make: ({ name }, env) => env.getAs<NumberQueue>(name).join(),
  python: ({ name }) => `${name}.join()`,
  typescript: ({ name }) => `${name}.join()`,
  random: { family: 'queues', weight: 3, make: (maker) => ({ name: anyQueue(maker) }) },
})
export const join = (name: string): Node => join_({ name })

const putNowait_ = action<{ name: string; item: number }>('putNowait', {
  run: ({ name, item }, env) => env.getAs<NumberQueue>(name).putNowait(item),
  python: ({ name, item }) => `${name}.put_nowait(${item})`,
  typescript: ({ name, item }) => `${name}.putNowait(${item})`,
  random: { family: 'queues', weight: 6, make: (maker) => ({ name: anyQueue(maker), item: maker.integer(10) }) },
})
export const putNowait = (name: string, item: number): Node => putNowait_({ name, item })

const getNowait_ = action<{ name: string }>('getNowait', {
  run: ({ name }, env) => env.getAs<NumberQueue>(name).getNowait(),
  python: ({ name }) => `print(${name}.get_nowait())`,
  typescript: ({ name }) => `console.log(${name}.getNowait())`,
  random: { family: 'queues', weight: 4, make: (maker) => ({ name: anyQueue(maker) }) },
})
export const getNowait = (name: string): Node => getNowait_({ name })

const taskDone_ = action<{ name: string }>('taskDone', {
  run: ({ name }, env) => env.getAs<NumberQueue>(name).taskDone(),
  python: ({ name }) => `${name}.task_done()`,
  typescript: ({ name }) => `${name}.taskDone()`,
  random: { family: 'queues', weight: 4, make: (maker) => ({ name: anyQueue(maker) }) },
})
export const taskDone = (name: string): Node => taskDone_({ name })

const shutdown_ = action<{ name: string; immediate?: boolean }>('shutdown', {
  run: ({ name, immediate }, env) => env.getAs<NumberQueue>(name).shutdown({ immediate }),
  python: ({ name, immediate }) => `${name}.shutdown(${immediate ? 'immediate=True' : ''})`,
  typescript: ({ name, immediate }) => `${name}.shutdown(${immediate ? '{ immediate: true }' : ''})`,
  random: {
    family: 'queues',
    weight: 2,
    make: (maker) => ({ name: anyQueue(maker), ...(maker.chance(0.4) && { immediate: true }) }),
  },
})
export const shutdown = (name: string): Node => shutdown_({ name })
export const shutdownNow = (name: string): Node => shutdown_({ name, immediate: true })

const queueState_ = action<{ name: string }>('queueState', {
  run({ name }, env) {
    const queue = env.getAs<NumberQueue>(name)
    return [queue.qsize(), queue.empty(), queue.full(), queue.maxSize]
  },
  python: ({ name }) => `print(${name}.qsize(), ${name}.empty(), ${name}.full(), ${name}.maxsize)`,
  typescript: ({ name }) => `console.log(${name}.qsize(), ${name}.empty(), ${name}.full(), ${name}.maxSize)`,
  random: { family: 'queues', weight: 3, make: (maker) => ({ name: anyQueue(maker) }) },
})
export const queueState = (name: string): Node => queueState_({ name })
