import { describe, expect, it } from 'vitest'
import { Event, Queue, QueueEmpty, QueueFull, QueueShutDown } from '../index.ts'

describe('Queue', () => {
  it('returns clones of the items, first in, first out', () => {
    const items = [
      'text',
      1,
      undefined,
      null,
      2n,
      [1, { a: new Map([[1, new Set(['x'])]]) }],
      new Uint8Array([1, 2]),
      new Date(0),
    ]
    const queue = new Queue()
    for (const item of items) queue.put(item)
    expect(queue.qsize()).toBe(items.length)
    expect(items.map(() => queue.get())).toEqual(items)
    expect(queue.empty()).toBe(true)
  })

  it('waits only until the timeout, if it is full or empty', () => {
    const queue = new Queue<number>(1)
    expect(`${queue}`).toMatch(/^<Queue at 0x7f[0-9a-f]{10} maxSize=1>$/)
    expect(() => queue.get({ timeout: 5 })).toThrow(QueueEmpty)
    expect(() => queue.getNowait()).toThrow(QueueEmpty)
    queue.put(1)
    expect({ full: queue.full(), maxSize: queue.maxSize }).toEqual({ full: true, maxSize: 1 })
    expect(() => queue.put(2, { timeout: 5 })).toThrow(QueueFull)
    expect(() => queue.putNowait(2)).toThrow(QueueFull)
    const negative = new RangeError("'timeout' must be a non-negative number")
    expect(() => queue.put(2, { timeout: -1 })).toThrow(negative)
    expect(() => queue.get({ timeout: -1 })).toThrow(negative)
    expect(queue.get()).toBe(1)
  })

  it('grows with its contents, and reuses its room', () => {
    const queue = new Queue<string>()
    const texts = Array.from({ length: 300 }, (_, n) => String(n).repeat(n))
    for (const text of texts) queue.put(text)
    for (let round = 0; round < 3; round++) {
      for (const text of texts) {
        expect(queue.get() === text).toBe(true)
        queue.put(text)
      }
    }
    expect(queue.qsize()).toBe(300)
  })

  it('refuses values that cannot be cloned, and shared objects', () => {
    const queue = new Queue()
    expect(() => queue.put(() => {})).toThrow(/^the item can't be put into a Queue: .*could not be cloned/)
    expect(() => queue.put([new Event()])).toThrow(
      /^the item can't be put into a Queue: an object in shared memory .* nor through a Queue$/,
    )
    expect(() => queue.put(new SharedArrayBuffer(1))).toThrow(TypeError)
    expect(queue.qsize()).toBe(0)
    expect(() => new Queue(1.5)).toThrow(TypeError)
  })

  it('returns the remaining items after shutdown, and then throws', () => {
    const queue = new Queue<number>()
    for (const n of [1, 2, 3]) queue.put(n)
    queue.shutdown()
    queue.shutdown()
    expect(() => queue.put(4)).toThrow(QueueShutDown)
    expect([queue.get(), ...queue]).toEqual([1, 2, 3])
    expect(() => queue.get()).toThrow(QueueShutDown)
    for (const _ of [1, 2, 3]) queue.taskDone()
    queue.join()
    const other = new Queue<number>()
    other.put(1)
    other.shutdown()
    other.shutdown({ immediate: true })
    expect(() => other.get()).toThrow(QueueShutDown)
    expect(() => other.putNowait(1)).toThrow(QueueShutDown)
    expect(() => other.taskDone()).toThrow('task_done() called too many times')
    other.join()
  })

  it('counts the finished items', () => {
    const queue = new Queue<number>()
    queue.put(1)
    queue.get()
    queue.taskDone()
    queue.join()
    expect(() => queue.taskDone()).toThrow(new RangeError('task_done() called too many times'))
  })
})
