import { inspect } from 'node:util'
import type { Coroutine, Future } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import {
  asCompleted,
  createTask,
  forEach,
  gather,
  LifoQueue,
  newEventLoop,
  PriorityQueue,
  Queue,
  QueueFull,
  QueueShutDown,
  run,
  sleep,
} from '../index.ts'

const QUEUES = [
  { Type: Queue, name: 'Queue' },
  { Type: LifoQueue, name: 'LifoQueue' },
  { Type: PriorityQueue, name: 'PriorityQueue' },
]

describe('Queue', () => {
  it('prints its items, and how many wait', function* () {
    const queue = new Queue<number>(1)
    const getters = [createTask(queue.get()), createTask(queue.get())]
    yield* sleep(0)
    expect(String(queue)).toBe('<Queue maxsize=1 _getters[2]>')
    queue.putNowait(0)
    expect(String(queue)).toBe('<Queue maxsize=1 _queue=[0] _getters[1] tasks=1>')
    yield* sleep(0)
    getters[1]?.cancel()
    yield* sleep(0)
    queue.putNowait(1)
    const putter = createTask(queue.put(2))
    yield* sleep(0)
    expect(inspect(queue)).toBe('<Queue maxsize=1 _queue=[1] _putters[1] tasks=2>')
    expect(String(putter)).toContain('for=<Queue maxsize=1 _queue=[1] _putters[1] tasks=2>.put()')
    queue.getNowait()
    yield* putter
    expect(String(new LifoQueue())).toBe('<LifoQueue maxsize=0>')
  })

  it('is full when as many items are in it as may be, and never without a limit', function* () {
    for (const limitless of [new Queue<number>(), new Queue<number>(0), new Queue<number>(-1)]) {
      for (let n = 0; n < 100; n++) yield* limitless.put(n)
      expect(limitless.full()).toBe(false)
    }
    const queue = new Queue<number>(1)
    yield* queue.put(1)
    expect(queue.full()).toBe(true)
  })

  it('keeps the order of a thousand items that are added and removed', () => {
    const queue = new Queue<number>()
    const got: number[] = []
    for (let n = 0; n < 1000; n++) {
      queue.putNowait(n)
      if (n % 3 > 0) got.push(queue.getNowait())
    }
    while (!queue.empty()) got.push(queue.getNowait())
    expect(got).toEqual(Array.from({ length: 1000 }, (_, n) => n))
  })

  it('refuses a maxSize that is not a number', () => {
    for (const Type of [Queue, LifoQueue, PriorityQueue]) {
      expect(() => new Type('2' as never)).toThrow(new TypeError("maxSize must be a number, got '2'"))
      expect(() => new Type(Number.NaN)).toThrow(
        new RangeError('maxSize must not be NaN: pass how many items fit, or 0 for no limit'),
      )
    }
  })

  it('refuses what cannot store items', () => {
    for (const items of [{ compare: (a: number, b: number) => a - b }, null, 'x']) {
      expect(() => new Queue<number>(0, items as never)).toThrow(
        /the items of a Queue have `put`.*`new PriorityQueue\(/,
      )
    }
  })

  it('keeps its items in a given store', function* () {
    // Of equal items only one.
    const items = new Set<string>()
    const queue = new Queue<string>(0, {
      get length(): number {
        return items.size
      },
      put: (item) => items.add(item),
      get: () => {
        const [first = ''] = items
        items.delete(first)
        return first
      },
      [Symbol.iterator]: () => items.values(),
    })
    for (const item of ['a', 'b', 'a']) yield* queue.put(item)
    expect([queue.qsize(), yield* queue.get(), yield* queue.get()]).toEqual([2, 'a', 'b'])
  })
})

describe('Queue.get', () => {
  it('gives each of several getters another item', function* () {
    const queue = new Queue<number>()
    for (const n of [1, 2, 3, 4, 5]) queue.putNowait(n)
    expect(yield* gather([queue.get(), queue.get()])).toEqual([1, 2])
    const got: number[] = []
    for (const next of asCompleted([queue.get(), queue.get()])) got.push(yield* next)
    got.push(createTask(queue.get(), { eagerStart: true }).result())
    expect(got).toEqual([3, 4, 5])
  })
})

describe('Queue.put', () => {
  it('takes a fraction of an item for a whole one', function* () {
    const queue = new Queue<number>(1.3)
    queue.putNowait(1)
    yield* queue.put(2)
    expect(queue.full()).toBe(true)
    expect(() => queue.putNowait(3)).toThrow(QueueFull)
  })

  it('lets as many put as there is room when several are taken out at once', function* () {
    const queue = new Queue<number>(2)
    function* getter(): Coroutine<void> {
      yield* sleep(0)
      for (let left = queue.qsize(); left > 0; left--) queue.getNowait()
    }
    yield* gather([getter(), ...[0, 1, 2, 3].map((n) => queue.put(n))])
    expect([queue.getNowait(), queue.getNowait()]).toEqual([2, 3])
  })
})

describe('PriorityQueue', () => {
  it('compares numbers, strings, and arrays item by item, as Python does', () => {
    const sorted = <T>(items: readonly T[]): T[] => {
      const queue = new PriorityQueue<T>()
      for (const item of items) queue.putNowait(item)
      return items.map(() => queue.getNowait())
    }
    expect(sorted([10, 9, 2n, -1])).toEqual([-1, 2n, 9, 10])
    expect(sorted(['b', 'B', 'a10', 'a9'])).toEqual(['B', 'a10', 'a9', 'b'])
    expect(sorted([[10], [9, 'x'], [9], [9, 'a', 1]])).toEqual([[9], [9, 'a', 1], [9, 'x'], [10]])
    const same = { no: 'order' }
    expect(sorted([[1, same, 2] as const, [1, same, 1] as const])).toEqual([
      [1, same, 1],
      [1, same, 2],
    ])
  })

  it('refuses items that cannot be ordered, and keeps its items', () => {
    const queue = new PriorityQueue<unknown>()
    queue.putNowait([1, { name: 'a' }])
    expect(() => queue.putNowait([1, { name: 'b' }])).toThrow(
      "'<' not supported between { name: 'b' } and { name: 'a' }. Tell the PriorityQueue how: new PriorityQueue(0, { compare })",
    )
    expect(() => queue.putNowait('1')).toThrow(TypeError)
    expect(queue.qsize()).toBe(1)
    queue.getNowait()
    queue.taskDone()
    expect(() => queue.taskDone()).toThrow('task_done() called too many times') // only one was put
    expect(() => new PriorityQueue(0, { compare: 'name' as never })).toThrow(
      new TypeError("compare must be a function, got 'name'"),
    )
  })

  it('returns the items in the order of the comparator, equal ones in order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ priority: fc.nat(4), take: fc.boolean() }), { maxLength: 60 }), (entries) => {
        const queue = new PriorityQueue<{ priority: number; id: number }>(0, {
          compare: (a, b) => b.priority - a.priority,
        })
        const model: { priority: number; id: number }[] = []
        const takeOne = (): void => {
          model.sort((a, b) => b.priority - a.priority || a.id - b.id)
          expect(queue.getNowait()).toBe(model.shift())
        }
        for (const [id, { priority, take }] of entries.entries()) {
          const item = { priority, id }
          queue.putNowait(item)
          model.push(item)
          if (take) takeOne()
        }
        while (model.length > 0) takeOne()
        expect(queue.empty()).toBe(true)
      }),
    )
  })
})

describe.each(QUEUES)('$name.join', ({ Type }) => {
  it('is visible in the printed queue', () => {
    const queue = new Type<number>()
    expect(String(queue)).toBe(`<${Type.name} maxsize=0>`)
    for (const n of [1, 2]) queue.putNowait(n)
    for (const _ of [1, 2]) queue.getNowait()
    expect(String(queue)).toBe(`<${Type.name} maxsize=0 tasks=2>`)
  })
})

describe.each(QUEUES)('$name.shutdown', ({ Type }) => {
  it('is visible in the printed queue', () => {
    const queue = new Type<number>()
    queue.shutdown()
    expect(String(queue)).toBe(`<${Type.name} maxsize=0 shutdown>`)
  })
})

describe('iterating over a Queue', () => {
  it('forEach takes items out until it is shut down and empty', function* () {
    const queue = new Queue<number>(2)
    const got: number[] = []
    function* producer(): Coroutine<void> {
      for (let n = 0; n < 5; n++) {
        yield* sleep(n)
        yield* queue.put(n)
      }
      queue.shutdown()
    }
    function* consumer(): Coroutine<void> {
      yield* forEach(queue, function* (n) {
        got.push(n)
        yield* sleep(2)
        queue.taskDone()
      })
    }
    yield* gather([producer(), consumer(), consumer()])
    expect(got).toEqual([0, 1, 2, 3, 4])
    yield* queue.join()
  })

  it('forEach leaves the rest in it when the block ends it', function* () {
    const queue = new Queue<number>()
    for (const n of [1, 2, 3]) queue.putNowait(n)
    yield* forEach(queue, function* (n) {
      return n < 2
    })
    expect(yield* queue.get()).toBe(3)
  })

  it('for await takes items out outside all loops', async () => {
    const queue = new Queue<number>(1)
    const got: number[] = []
    function* producer(): Coroutine<void> {
      for (let n = 0; n < 4; n++) {
        yield* queue.put(n)
        if (n % 2 === 0) yield* sleep(1)
      }
      queue.shutdown()
    }
    const producing = run(producer())
    for await (const n of queue) got.push(n)
    await producing
    expect(got).toEqual([0, 1, 2, 3])
  })

  it('for await yields the result of an item that is a Task, forEach passes the Task', async () => {
    const loop = newEventLoop()
    const task = loop.createTask(sleep(1, 42))
    const queue = new Queue<Future<number>>()
    const got: unknown[] = []
    for (const item of [task, task]) queue.putNowait(item)
    await loop.runUntilComplete(
      forEach(queue, function* (item) {
        got.push(item, yield* item)
        return false
      }),
    )
    queue.shutdown()
    for await (const item of queue) got.push(item)
    loop.close()
    expect(got).toEqual([task, 42, 42])
  })

  it('for await waits for a queue that no loop has used yet', async () => {
    const queue = new Queue<string>()
    setTimeout(() => {
      queue.putNowait('from plain code')
      queue.shutdown()
    }, 1)
    const got: string[] = []
    for await (const item of queue) got.push(item)
    expect(got).toEqual(['from plain code'])
    function* getting(): Coroutine<string> {
      return yield* queue.get()
    }
    await expect(run(getting())).rejects.toThrow(QueueShutDown) // it is still free to belong to any loop
  })
})

describe('a Queue whose users are cancelled', () => {
  it('loses no item and no room, wherever it happens', async () => {
    for (const { Type } of QUEUES) {
      let got: number[] = []
      let put: number[] = []
      let queue = new Type<number>(2)
      const { runs } = await explore(
        function* program() {
          queue = new Type<number>(2)
          got = []
          put = []
          function* producer(first: number): Coroutine<void> {
            for (let n = first; n < first + 3; n++) {
              yield* queue.put(n)
              put.push(n)
            }
          }
          function* consumer(): Coroutine<void> {
            for (let n = 0; n < 3; n++) {
              got.push(yield* queue.get())
              yield* sleep(1)
            }
          }
          yield* gather([producer(0), consumer(), producer(10), consumer()])
        },
        {
          cancel: 'main',
          times: 'written',
          check: () => {
            const rest: number[] = []
            while (!queue.empty()) rest.push(queue.getNowait())
            const all = [...got, ...rest]
            expect(all.toSorted(ascending)).toEqual(put.toSorted(ascending))
            expect(String(queue)).not.toMatch(/getters|putters/)
          },
        },
      )
      expect(runs).toBeGreaterThan(10)
    }
  })
})

function ascending(a: number, b: number): number {
  return a - b
}
