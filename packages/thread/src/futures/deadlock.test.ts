// A failure at an unlucky moment ends only its own call: nothing waits forever, and the pool continues.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { BrokenExecutor, type Executor, ProcessPoolExecutor, ThreadPoolExecutor, wait } from '../index.ts'
import * as calls from './calls.fixture.ts'
import { flood, HostileError, looksHostile, swallow, throwsHostileError, throwsUnreadable } from './hostile.fixture.ts'

const LONG = 15_000

describe.each([
  { kind: 'thread', newExecutor: () => new ThreadPoolExecutor(1) },
  { kind: 'process', newExecutor: () => new ProcessPoolExecutor(1) },
])('a $kind pool', ({ kind, newExecutor }) => {
  let executor: Executor
  beforeAll(() => {
    executor = newExecutor()
  })
  afterAll(() => executor.shutdown())

  /** How a call ends; the next one must end well. */
  const endOf = (call: () => { exception(options: { timeout: number }): unknown }): string => {
    const error = call().exception({ timeout: LONG })
    expect(executor.submit(calls.add, 1).result({ timeout: LONG })).toBe(2)
    return error instanceof BrokenExecutor ? 'broken' : String(error)
  }

  it('breaks the call whose module ends the worker while it is loaded', async () => {
    Reflect.set(globalThis, 'spindle.test', true)
    const exits = await import('./exits-when-loaded.fixture.ts')
    const crashes = await import('./crashes-when-loaded.fixture.ts')
    const ends = [endOf(() => executor.submit(exits.harmless))]
    if (kind === 'process') ends.push(endOf(() => executor.submit(crashes.harmless)))
    expect(new Set(ends)).toEqual(new Set(['broken']))
    expect(`${executor.submit(exits.harmless).exception({ timeout: LONG })}`).toMatch(
      /exits-when-loaded\.fixture\.[jt]s failed while it was loaded: exit code 3\. If .* `if \(isMain\(import\.meta\)\)`/,
    )
    const awaits = await import('./awaits-when-loaded.fixture.ts')
    expect(`${executor.submit(awaits.harmless).exception({ timeout: LONG })}`).toMatch(
      kind === 'process'
        ? /it waited, and nothing was left/
        : /awaits-when-loaded\.fixture\.[jt]s exits while it is loaded, or its top-level await never ends there\. If/,
    )
    const listens = await import('./listens-when-loaded.fixture.ts')
    expect(`${executor.submit(listens.harmless).exception({ timeout: LONG })}`).toMatch(
      /listens-when-loaded\.fixture\.[jt]s failed while it was loaded: Error: listen EADDRINUSE: .* `if \(isMain\(import\.meta\)\)`/,
    )
    if (kind === 'process') listens.server.close() // the last of them
  })

  it.each([1, 2])('breaks the call whose result ends the worker when it is looked at (look %i)', (look) => {
    const ends = [endOf(() => executor.submit(looksHostile, 'exit', look))]
    if (kind === 'process' && (longForm || look === 1))
      ends.push(endOf(() => executor.submit(looksHostile, 'crash', look)))
    expect(new Set(ends)).toEqual(new Set(['broken']))
  })

  it.each([1, 2])('fails the call whose arguments or result throw when they are looked at (look %i)', (look) => {
    expect([
      endOf(() => executor.submit(calls.identity<unknown>, looksHostile('throw', look))),
      endOf(() => executor.submit(looksHostile, 'throw', look)),
    ]).toEqual([
      `TypeError: the args of identity() can't be sent to another ${kind}: do not look at me`,
      "TypeError: the result of the call can't be sent back: do not look at me",
    ])
  })

  it('runs no code of the user when it puts an error together that has come back', () => {
    const error = executor.submit(throwsHostileError).exception({ timeout: LONG })
    expect(error).toBeInstanceOf(HostileError)
    expect(Object.entries(error as HostileError)).toEqual([
      ['code', 7],
      ['syscall', 'open'],
    ])
  })

  it('fails a call that throws a value that cannot be read or sent', () => {
    expect([
      endOf(() => executor.submit(throwsUnreadable, 'cause')),
      endOf(() => executor.submit(throwsUnreadable, 'message')),
      endOf(() => executor.submit(throwsUnreadable, 'shared')),
    ]).toEqual([
      "TypeError: what was thrown can't be read: RangeError: do not look at me",
      expect.stringMatching(/^Error: \(\) ?=> ?["']a function["']$/),
      kind === 'thread'
        ? 'Error: unreadable'
        : expect.stringMatching(/^TypeError: what the call threw can't be sent back: .*not be cloned/),
    ])
  })

  it('breaks each of many calls that end the worker before it has read the next one', () => {
    const data = flood(2 ** 20)
    const futures = Array.from({ length: 3 }, () => executor.submit(swallow, data))
    expect(wait(futures, { timeout: LONG }).pending.size).toBe(0)
    for (const future of futures) expect(future.exception()).toBeInstanceOf(BrokenExecutor)
  })

  it('does not stall when messages or submitted calls are not taken for a while', () => {
    const futures = Array.from({ length: 100 }, (_, n) => executor.submit(flood, n % 10 === 0 ? 2 ** 20 : 1))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
    expect(wait(futures, { timeout: LONG }).done.size).toBe(100)
    expect(futures[90]?.result()).toHaveLength(2 ** 20)
  })

  it('ends after a shutdown that does not wait, even if the last call cannot be sent', async () => {
    const closing = newExecutor()
    expect(closing.submit(calls.add, 1).result({ timeout: LONG })).toBe(2)
    const future = closing.submit(calls.identity<unknown>, () => {})
    closing.shutdown({ wait: false })
    expect(() => future.result({ timeout: LONG })).toThrow(TypeError)
    await closing.ended()
  })
})
