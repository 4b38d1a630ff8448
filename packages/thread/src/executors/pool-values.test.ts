import { describe, expect, it } from 'vitest'
import * as calls from '../futures/calls.fixture.ts'
import { ALL_COMPLETED, ProcessPoolExecutor, ThreadPoolExecutor, wait } from '../index.ts'
import * as values from './pool-values.fixture.ts'

describe.each([
  ['threads', () => new ThreadPoolExecutor(1)],
  ['processes', () => new ProcessPoolExecutor(1)],
])('a value that crosses between %s', (_, make) => {
  it('fails its own call if it can be sent but not received, and no other one', async () => {
    await using executor = make()
    const future = executor.submit(values.nested, 2450)
    await expect(future.then()).rejects.toThrow(/can't be (?:read|sent)/)
    const arrived: unknown[] = []
    const taken = (async () => {
      for await (const item of executor.stream(values.items, 2450)) arrived.push(item)
    })()
    await expect(taken).rejects.toThrow(/can't be (?:read|sent)/)
    expect({ arrived, next: await executor.submit(calls.add, 1) }).toEqual({ arrived: [1], next: 2 })
  })

  it.each([
    [new URL('http://localhost'), /the clone of a URL would be an empty object\. Pass its `href`/],
    [{ a: [new Headers()] }, /the clone of a Headers would be/],
    [AbortSignal.abort(), /Pass it in `executor\.with\(\{ signal \}\)`; the function asks `stopSignal\(\)`/],
  ])('is refused if its clone would be empty: %o', async (value, message) => {
    await using executor = make()
    await expect(executor.submit(calls.identity<unknown>, value).then()).rejects.toThrow(message)
  })

  it('is no generator: `stream` takes what that yields', async () => {
    await using executor = make()
    await expect(executor.submit(values.items as unknown as (depth: number) => number, 1).then()).rejects.toThrow(
      /executor\.stream\(fn\)/,
    )
    await expect(executor.submit(values.asyncItems as unknown as () => number).then()).rejects.toThrow(
      /executor\.stream\(fn\)/,
    )
  })
})

describe('a process pool', () => {
  it('loses only the process that writes nonsense to its channel', async () => {
    await using executor = new ProcessPoolExecutor(2)
    const innocent = executor.submit(values.waits, 300)
    const kinds = ['module', 'frame'] as const
    for (const kind of kinds)
      await expect(executor.submit(values.writesNonsense, kind).then()).rejects.toThrow(/it sent what can't be read/)
    expect([await innocent, await executor.submit(calls.add, 1)]).toEqual(['waited', 2])
  })
})

describe('wait', () => {
  it('counts as a look at what has failed', () => {
    using executor = new ThreadPoolExecutor(1)
    const future = executor.submit(calls.fails, 'own')
    const { done } = wait([future], { returnWhen: ALL_COMPLETED })
    expect(done.has(future)).toBe(true)
  })
})

describe('a call on a worker that is kept busy by what an earlier one has left behind', () => {
  it('is named by an event, with the call before it', async () => {
    const executor = new ThreadPoolExecutor(1)
    const begun = new Int32Array(new SharedArrayBuffer(4))
    await executor.submit(values.leavesLoop, begun)
    await expect.poll(() => Atomics.load(begun, 0)).toBe(1)
    const event = new Promise((resolve) => executor.events.on('worker:busy', resolve))
    const future = executor.submit(calls.add, 1)
    expect(await event).toEqual({ worker: 0, name: 'add', after: 'leavesLoop' })
    executor.terminate()
    await expect(future.then()).rejects.toThrow('ended before the call did')
  }, 20_000)
})
