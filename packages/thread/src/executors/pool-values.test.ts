import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TimeoutError } from '@spindle/loop'
import { describe, expect, it, vi } from 'vitest'
import * as calls from '../futures/calls.fixture.ts'
import { enumerate, type Future, ProcessPoolExecutor, ThreadPoolExecutor } from '../index.ts'
import * as hanging from './hanging-module.fixture.ts'
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
    [new URL('http://localhost'), /this URL can't be cloned\. Pass its `href`/],
    [{ a: [new Headers()] }, /this Headers can't be cloned/],
    [AbortSignal.abort(), /Pass it in `executor\.with\(\{ signal \}\)`; the function asks `stopSignal\(\)`/],
  ])('is refused if its clone would be empty: %o', async (value, message) => {
    await using executor = make()
    await expect(executor.submit(calls.identity<unknown>, value).then()).rejects.toThrow(message)
  })

  it('is no generator: `stream` takes what that yields', async () => {
    await using executor = make()
    await expect(executor.submit(values.items as unknown as (depth: number) => number, 1).then()).rejects.toThrow(
      /executor\.stream\(fn, \.\.\.args\)/,
    )
    await expect(executor.submit(values.asyncItems as unknown as () => number).then()).rejects.toThrow(
      /executor\.stream\(fn, \.\.\.args\)/,
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

describe('the manager of a process pool', () => {
  it('is started again if it dies', async () => {
    await using executor = new ProcessPoolExecutor(1)
    expect(await executor.submit(calls.add, 1)).toBe(2)
    const running = executor.submit(values.waits, 60_000)
    await expect.poll(() => running.running()).toBe(true)
    enumerate()
      .find(({ name }) => name === 'ProcessPoolExecutor-manager')
      ?.kill()
    await expect(running.then()).rejects.toThrow(/ended before the call did/)
    expect(await executor.submit(calls.add, 2)).toBe(3)
  }, 30_000)
})

describe('a module that does not come to its end in a worker', () => {
  it('is named as the obstacle of the call', async () => {
    const executor = new ThreadPoolExecutor(1)
    await executor.submit(calls.add, 1)
    const event = new Promise((resolve) => executor.events.on('worker:busy', resolve))
    const future = executor.submit(hanging.never)
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(() => future.result({ timeout: 5500 })).toThrow(TimeoutError) // the hint comes after 5 s
    const reason =
      'worker 0 still loads its module, or waits at the top level of it; or add() or a call before it has left'
    expect(write.mock.calls).toEqual([[expect.stringContaining(`waited for 5 s: ${reason} something running there`)]])
    write.mockRestore()
    expect(await event).toEqual({ worker: 0, name: 'never', after: 'add' })
    executor.terminate()
    await expect(future.then()).rejects.toThrow('ended before the call did')
  }, 20_000)
})

describe('a small result', () => {
  it('comes after what its call and earlier ones have sent', async () => {
    await using executor = new ThreadPoolExecutor(1)
    const log: string[] = []
    const expected: string[] = []
    const all: Future[] = []
    for (let n = 0; n < 300; n++) {
      const reporting = executor.with({ onProgress: () => log.push(`progress ${n}`) })
      const future = n % 3 === 0 ? reporting.submit(values.reports, n) : executor.submit(calls.add, n)
      future.addDoneCallback((done) => log.push(`end ${n}: ${done.result()}`))
      expected.push(...(n % 3 === 0 ? [`progress ${n}`, `end ${n}: ${n}`] : [`end ${n}: ${n + 1}`]))
      all.push(future)
    }
    await Promise.all(all)
    expect(log).toEqual(expected)
  }, 20_000)
})

describe('a call that waits for its turn', () => {
  it('is not said to be kept from it by what an earlier call has left', async () => {
    const executor = new ThreadPoolExecutor(1)
    for (const call of [executor.submit(calls.add, 1), executor.submit(values.waits, 1)]) await call
    const running = executor.submit(values.waits, 60_000)
    const future = executor.submit(calls.add, 1)
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(() => future.result({ timeout: 5300 })).toThrow(TimeoutError) // the hint comes after 5 s
    expect(write.mock.calls).toEqual([])
    write.mockRestore()
    executor.terminate()
    await expect(running.then()).rejects.toThrow('ended before the call did')
  }, 20_000)
})

describe('a call on a worker that the rest of an earlier call keeps busy', () => {
  it.each(['thread', 'process'])(
    'is named by an event and by the hint of a wait, with the call before it (%s)',
    async (kind) => {
      const executor = kind === 'thread' ? new ThreadPoolExecutor(1) : new ProcessPoolExecutor(1)
      expect(await executor.submit(calls.add, 0)).toBe(1)
      const file = join(mkdtempSync(join(tmpdir(), 'spindle-')), 'begun')
      await executor.submit(values.leavesLoop, file)
      await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(true)
      const event = new Promise((resolve) => executor.events.on('worker:busy', resolve))
      const future = executor.submit(calls.add, 1)
      const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
      expect(() => future.result({ timeout: 9000 })).toThrow(TimeoutError)
      const hint = 'worker 0 has not begun it: leavesLoop() or a call before it has left something running there'
      expect(write.mock.calls).toEqual([[expect.stringContaining(hint)]])
      write.mockRestore()
      expect(await event).toEqual({ worker: 0, name: 'add', after: 'leavesLoop' })
      executor.terminate()
      await expect(future.then()).rejects.toThrow('ended before the call did')
    },
    60_000,
  )
})
