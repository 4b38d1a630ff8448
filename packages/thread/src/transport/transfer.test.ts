import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { ProcessPoolExecutor, Queue, Thread, ThreadPoolExecutor, transfer } from '../index.ts'
import * as work from './transfer.fixture.ts'

const executor = new ThreadPoolExecutor(1)
afterAll(() => executor.shutdown())

const MB = 2 ** 20

describe('transfer', () => {
  it('moves a buffer to a thread and back: it is gone where it was', () => {
    const buffer = new ArrayBuffer(64 * MB)
    const future = executor.submit(work.increase<ArrayBuffer>, transfer(buffer))
    expect(buffer.byteLength).toBe(0)
    const back = future.result()
    expect([back.byteLength, new Uint8Array(back)[64 * MB - 1]]).toEqual([64 * MB, 1])
    expect(executor.submit(work.lengthOfLast).result()).toBe(0)
  })

  it('moves the buffer of a typed array, of several, and however deep', () => {
    const bytes = new Uint8Array([1, 2, 3])
    expect(executor.submit(work.increase<Uint8Array>, transfer(bytes)).result()).toEqual(new Uint8Array([2, 3, 4]))
    const parts = [new Uint8Array([1]), new Uint8Array([2, 3])].map((part) => transfer(part))
    expect(executor.submit(work.sumOf, { parts }).result()).toBe(6)
    expect([bytes, ...parts].map((view) => view.byteLength)).toEqual([0, 0, 0])
  })

  it('moves the arguments of map and of a Thread', () => {
    const buffers = [1, 2, 3].map((n) => new Uint8Array([n]))
    const increased = executor.map(work.increase<Uint8Array>, buffers.map(transfer))
    expect([...increased].map(([n]) => n)).toEqual([2, 3, 4])
    const { port1, port2 } = new MessageChannel()
    const bytes = new Uint8Array(3)
    const thread = new Thread({ target: work.fill, args: [transfer(bytes), port2] })
    thread.start()
    thread.join()
    expect([...buffers, bytes].map((view) => view.byteLength)).toEqual([0, 0, 0, 0])
    port1.close()
  })

  it('leaves unmarked values where they are', () => {
    const [moved, copied] = [new Uint8Array([1]), new Uint8Array([2])]
    expect(executor.submit(work.sumOf, { parts: [transfer(moved), copied] }).result()).toBe(3)
    expect([moved.length, copied.length]).toEqual([0, 1])
  })

  it('keeps two references to one buffer a single buffer', () => {
    const [a, b] = executor.submit(work.twice).result()
    expect({ isSame: a === b, byteLength: a.byteLength }).toEqual({ isSame: true, byteLength: 1 })
  })

  it('takes a port, which moves in any case', async () => {
    const { port1, port2 } = new MessageChannel()
    executor.submit(work.greet, transfer(port2)).result()
    expect(await once(port1, 'message')).toEqual([expect.stringMatching(/^hello from ThreadPool/)])
  })

  it('fails the one call with a buffer that was moved before, on either side', () => {
    const buffer = new ArrayBuffer(1)
    const futures = [1, 2].map(() => executor.submit(work.increase<ArrayBuffer>, transfer(buffer)))
    futures.push(executor.submit(work.keepThenGiveAgain), executor.submit(work.keepThenGiveAgain))
    expect(futures.map((future) => future.exception() && String(future.exception()))).toEqual([
      undefined,
      "TypeError: the args of increase() can't be sent to another thread: an ArrayBuffer that was transferred before is empty now",
      undefined,
      "TypeError: the result of the call can't be sent back: an ArrayBuffer that was transferred before is empty now",
    ])
    expect(executor.submit(work.increase<Uint8Array>, new Uint8Array([1])).result()).toEqual(new Uint8Array([2]))
  })

  it('moves nothing when the call cannot be sent', () => {
    const bytes = new Uint8Array([1])
    const failed = executor.submit(work.sumOf, { parts: [transfer(bytes), (() => {}) as never] })
    expect([String(failed.exception()), bytes.length]).toEqual([expect.stringContaining('could not be cloned'), 1])
  })

  it('copies a Buffer that shares its memory with others, which all stay unchanged', () => {
    const [one, other] = [Buffer.from('abc'), Buffer.from('def')]
    expect(executor.submit(work.increase<Uint8Array>, transfer(one)).result()).toEqual(new Uint8Array([98, 99, 100]))
    expect([String(one), String(other)]).toEqual(['abc', 'def'])
    const alone = Buffer.alloc(3)
    executor.submit(work.sumOf, { parts: [transfer(alone)] }).result()
    expect(alone.length).toBe(0)
  })

  it('copies values that are sent to a process, or put into a Queue', () => {
    const processes = new ProcessPoolExecutor(1)
    const results = [1, 2].map((n) => processes.submit(work.increase<Uint8Array>, transfer(new Uint8Array([n]))))
    expect(results.map((future) => future.result())).toEqual([new Uint8Array([2]), new Uint8Array([3])])
    expect(processes.submit(work.lengthOfLast).result()).toBe(1)
    processes.shutdown()
    const [queue, bytes] = [new Queue<Uint8Array>(), new Uint8Array([5])]
    queue.put(transfer(bytes))
    expect([queue.get(), bytes]).toEqual([new Uint8Array([5]), new Uint8Array([5])])
  })

  it('refuses values that cannot be moved', () => {
    for (const value of [new SharedArrayBuffer(1), new Uint8Array(new SharedArrayBuffer(1))])
      expect(() => transfer(value)).toThrow(
        new TypeError('transfer() can not move shared memory, which both sides have anyway: pass it as it is'),
      )
    for (const value of [{}, [new ArrayBuffer(1)], 3, null])
      expect(() => transfer(value as object)).toThrow(
        /^transfer\(\) takes an ArrayBuffer, a view of one, or a MessagePort, got /,
      )
  })
})
